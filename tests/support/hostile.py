"""Text that would do harm if it were interpreted as markup."""

EVIL = (
    "The minister </bdi></blockquote><img src=x onerror=\"document.title='owned'\"> said <script>document.title='owned'"
    "</script> that **taxes** on [salt](javascript:alert(1)) would ${1+1} {{rise}} $$x^2$$ next year."
)
