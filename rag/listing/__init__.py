"""Lists of the outlets and the articles of an index: searched by names and titles, sorted, narrowed down."""
