/* What the page does by itself: it sends questions, puts the answers into the page, and keeps filters, address and
   earlier questions. The events of `app.py` call `according`.

   HTML comes from the server alone, which escapes all text in it. What this script makes of texts (a question, the name
   of an outlet) it makes with `textContent`. */
"use strict";
(() => {
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const act = (name, words, data = {}, properties = {}) => {
    const button = make("button", { type: "button", ...properties }, words);
    Object.assign(button.dataset, { do: name, ...data });
    return button;
  };
  const turns = () => find("#turns .turns");
  const announce = (words) => (find("#announced").textContent = words);
  const press = (id) => find(`#${id}`).click(); // of a button of Gradio's that is not seen

  // Filters: their values, as the components have them; how each is written in the address, and in a chip.

  const UNSET = [[], [], "", "", "unasked", [], "relevance", false];
  const FILTERS = [
    { name: "outlet", chip: (value) => value },
    { name: "kind", chip: (value) => `only ${value}` },
    { name: "after", chip: (value) => `from ${value}` },
    { name: "before", chip: (value) => `to ${value}` },
    { name: "undated", chip: (value) => `undated articles: ${value}` },
    { name: "not", chip: (value) => `not ${value}` },
    { name: "order", chip: (value) => `the ${value} first` },
    { name: "strict", chip: () => "only passages that answer" },
  ];
  let values = structuredClone(UNSET); // as set now
  const normal = (given) => given.map((value, place) => value ?? UNSET[place]);
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const isSet = (value, place) => !same(value, UNSET[place]);

  const MAX_CHAIN = 6; // questions in an address: the last ones, each a follow-up of the one before

  /** Return the address that asks these questions, one after the other, with these filters. */
  const addressOf = (questions, filters, ignored = [], continues = false) => {
    const query = new URLSearchParams();
    questions.slice(-MAX_CHAIN).forEach((question) => query.append("q", question));
    ignored.forEach((words) => query.append("ignore", words));
    if (continues) query.append("follow", "1");
    FILTERS.forEach(({ name }, place) => {
      const value = filters[place];
      if (!isSet(value, place)) return;
      if (Array.isArray(value)) value.forEach((one) => query.append(name, one));
      else query.append(name, value === true ? "1" : value);
    });
    return query.size ? `?${query}` : location.pathname;
  };

  /** Return what an address asks; what is no filter is left out, and the server checks all values. */
  const readAddress = (address) => {
    const query = new URLSearchParams(address.replace(/^[^?]*/, "")); // a question may have "?" in it
    const filters = FILTERS.map(({ name }, place) => {
      const unset = UNSET[place];
      if (Array.isArray(unset)) return query.getAll(name).slice(0, 100);
      if (unset === false) return query.get(name) === "1";
      return query.get(name) ?? unset;
    });
    const continues = query.get("follow") === "1";
    const questions = query.getAll("q").filter((question) => question.trim()).slice(-MAX_CHAIN);
    return { questions, ignored: query.getAll("ignore"), continues, filters };
  };

  // When each kept question was last asked: the server says up to when it has searched, and is told that the next time.

  const SITTING = 1800; // seconds in which to ask again is the same asking, as in since_asked.py
  const seconds = (given) => (Number.isSafeInteger(given) && given > 0 ? given : 0);

  /** Return the time since which what answers is new; 0 if the address was never asked. */
  const lastAsked = (address) => {
    const { at, since } = earlier().find((one) => one.address === address) ?? {};
    const isSameAsking = Date.now() / 1000 - seconds(at) < SITTING;
    return (isSameAsking && seconds(since)) || seconds(at);
  };

  /** Put the times of an answer into the words of this clock: the day, and of today the time too. */
  const spellTimes = (element) =>
    all("time.asked", element).forEach((time) => {
      const when = new Date(time.dateTime);
      const now = new Date();
      const year = when.getFullYear() === now.getFullYear() ? undefined : "numeric";
      const day = when.toLocaleDateString("en-GB", { day: "numeric", month: "long", year });
      const clock = when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      time.textContent = when.toDateString() === now.toDateString() ? `${day} at ${clock}` : day;
    });

  // The conversation. An entry is a question and how it was asked; its element shows it, waiting or answered.

  const entries = new WeakMap(); // by element
  const entryOf = (element) => entries.get(element.closest(".turn"));
  const waiting = []; // requests that are to be sent, one at a time
  let current = null; // the request that is being answered
  let started = 0; // when it was sent
  let follows = null; // the entry that the next question may continue
  let cleared = null; // what Clear took away
  let wanted = null; // what is asked by the address that is being restored
  let dropped = null; // the chip of a filter that was pressed

  const last = () => entries.get(turns().lastElementChild) ?? null;
  const chain = (entry) => (entry ? [...chain(entry.before), entry.question] : []);
  const address = (entry) => addressOf(chain(entry), entry.filters, entry.ignored, entry.continues);

  const waitingLine = () =>
    make("p", { className: "waiting" }, make("progress", { ariaLabel: "Searching" }), " Searching … ",
      make("span", { className: "seconds", ariaHidden: "true" }));

  setInterval(() => {
    const shown = current && find(".seconds", current.entry.element);
    if (shown) shown.textContent = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  }, 100);

  const send = (request) => {
    waiting.push(request);
    next();
  };

  const next = () => {
    if (current || !waiting.length) return;
    current = waiting.shift();
    started = performance.now();
    press("send");
  };

  /** Ask anew, unseen, what a question continues or is made of, which the server has forgotten; then the question. */
  const recover = (request) => {
    const { action, entry } = request;
    const isNew = action === "ask" || action === "continue";
    const anew = [];
    for (let each = isNew ? entry.before : entry; each; each = each.before) {
      anew.unshift({ action: each.before ? "continue" : "ask", entry: each, words: each.ignored, quiet: true });
    }
    anew.forEach(({ entry: each }) => (each.number = 0));
    waiting.unshift(...anew, { ...request, recovered: true });
  };

  /** Show a question at once, at the top of the window, and have it answered. */
  const ask = (question, { action = "ask", before = null, ignored = [], words = ignored, restoring = false, of = 0,
    continuesLast = false } = {}) => {
    const heading = make("h2", { className: "question" }, make("bdi", {}, question));
    const element = make("section", { className: "according turn pending" }, heading, waitingLine());
    const continues = action === "continue";
    const entry = { question, before, ignored, continues, continuesLast, filters: values, number: of, element };
    entries.set(element, entry);
    start(false);
    turns().append(element);
    draw();
    element.scrollIntoView({ block: "start" });
    // Before the answer: if the connection is lost, Gradio loads the page anew, which then asks the question again.
    if (!restoring) history.pushState(null, "", address(entry));
    send({ action, entry, words, restoring });
    return entry;
  };

  const focusQuestion = (element) =>
    Object.assign(find(".question", element), { tabIndex: -1 }).focus({ preventScroll: true });

  /** Take away what can be done instead of an answer; whoever pressed one of the buttons is left at the question. */
  const dropWays = (element) => {
    const had = all(".ways", element).some((ways) => ways.contains(document.activeElement));
    all(".ways", element).forEach((ways) => ways.remove());
    if (had) focusQuestion(element);
  };

  /** Have a question answered anew, in the place of its answer. */
  const again = (entry, action, words) => {
    const { element } = entry;
    if (element.classList.contains("pending")) return;
    element.classList.add("pending");
    dropWays(element);
    find(".verdict", element).replaceWith(waitingLine());
    send({ action, entry, words });
  };

  /** Show or hide what there is before the first question. */
  const start = (shown) => {
    find("#start").hidden = !shown;
    find("#news").hidden = !shown;
    if (shown) checkAll();
    find(".undo")?.remove();
    cleared = null;
  };

  const switches = (element) => all('[data-do="switch"]', element);
  const isOn = (chip) => chip.getAttribute("aria-pressed") === "true";
  /** Return the words of the constraints that are on, one of them flipped. */
  const wordsOn = (element, flipped = null) =>
    switches(element).filter((chip) => isOn(chip) !== (chip === flipped)).map((chip) => chip.dataset.words);

  /** Note what an answer says of its question. */
  const note = (answer, { action, entry, words, restoring }) => {
    entry.element = answer;
    entries.set(answer, entry);
    if (answer.classList.contains("failed")) {
      entry.failed = { action, entry, words, restoring };
      find(".question", answer).replaceChildren(make("bdi", {}, entry.question)); // of an earlier one none was sent
      return;
    }
    entry.number = Number(answer.dataset.turn);
    if ("alone" in answer.dataset) [entry.before, entry.offered] = [null, entry.before ?? entry.offered];
    if (action === "follow") [entry.before, entry.continues] = [entry.offered, true];
    if (action === "switch") entry.ignored = switches(answer).filter((c) => !isOn(c)).map((c) => c.dataset.words);
  };

  /** Put an answer where its question waits. */
  const place = (answer) => {
    const { entry, restoring, quiet, recovered } = current;
    const before = entry.element;
    if (quiet) {
      if (!answer.classList.contains("failed")) entry.number = Number(answer.dataset.turn);
    } else if ("forgotten" in answer.dataset && !recovered) {
      recover(current);
    } else {
      note(answer, current);
      const at = cleared?.turns.indexOf(before) ?? -1;
      if (at >= 0) cleared.turns[at] = answer; // to be there if Clear is undone
      if (before.isConnected) show(answer, before, entry, restoring);
    }
    current = null;
    next();
  };

  const show = (answer, before, entry, restoring) => {
    const focused = before.contains(document.activeElement) ? document.activeElement.dataset : null;
    const below = turns().lastElementChild;
    const top = below.getBoundingClientRect().top;
    before.replaceWith(answer);
    if (below !== before) scrollBy({ top: below.getBoundingClientRect().top - top, behavior: "instant" });
    if (focused) {
      const kept = (each) => focused.do && each.dataset.do === focused.do && each.dataset.words === focused.words;
      const button = all("button", answer).find(kept);
      if (button) button.focus({ preventScroll: true });
      else focusQuestion(answer);
    }
    spellTimes(answer);
    announce(all(".verdict, p.new", answer).map((line) => line.textContent).join(" "));
    if (!answer.classList.contains("failed")) {
      if (!("aside" in answer.dataset)) follows = entry; // "Thanks!" is nothing that can be continued
      if (!restoring || !waiting.length) {
        const to = address(entry);
        if (entry === last()) history.replaceState(null, "", to);
        remember(entry, to, seconds(Number(answer.dataset.at)));
      }
    }
    draw();
  };

  // Chips above the question: what the next question continues, and the filters.

  const draw = () => {
    const chips = [];
    const add = (words, data) =>
      chips.push(act("drop", make("bdi", {}, words), data, { className: "chip", ariaLabel: `Remove: ${words}` }));
    if (follows) add(`follow-up of: ${follows.question}`, { place: "follow" });
    values.forEach((value, at) => {
      if (!isSet(value, at)) return;
      [value].flat().forEach((one) => add(FILTERS[at].chip(one), { place: String(at), value: String(one) }));
    });
    const entry = last();
    const changed = entry && !entry.element.matches(".pending, .failed") && !same(entry.filters, values);
    if (changed) chips.push(act("refilter", "Ask again with these filters", {}, { className: "chip again" }));
    find("#chips .set").replaceChildren(...chips);
    const count = values.filter(isSet).flat().length;
    find('[data-do="filters"] .count').textContent = count ? ` (${count})` : "";
    find('#top [data-do="clear"]').hidden = !entry;
  };

  // Earlier questions, kept by this browser alone: the question and its address. Answers are asked again.

  const KEPT = "according.questions";
  const MAX_KEPT = 50;
  const earlier = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
      const texts = (one) => typeof one?.question === "string" && typeof one?.address === "string";
      return Array.isArray(kept) ? kept.filter(texts).slice(0, MAX_KEPT) : [];
    } catch {
      return [];
    }
  };
  const keep = (questions) => {
    try {
      localStorage.setItem(KEPT, JSON.stringify(questions));
    } catch {
      // a browser that keeps nothing, or is full: there are no earlier questions then
    }
    list();
  };
  const remember = (entry, to, until) => {
    const others = earlier().filter((one) => one.address !== to && one.address !== entry.address);
    const at = until || lastAsked(to);
    keep([{ question: entry.question, address: to, at, since: entry.since }, ...others].slice(0, MAX_KEPT));
    entry.address = to;
  };
  const list = () => {
    const area = find("#earlier .earlier");
    if (!area) return;
    const links = earlier().map(({ question, address }) => {
      const link = make("a", { href: address.startsWith("?") ? address : "?" }, make("bdi", {}, question));
      link.dataset.do = "goto";
      return make("li", {}, link);
    });
    find("ol", area).replaceChildren(...links);
    area.hidden = !links.length;
  };

  // What is new that answers kept questions, asked for one by one while nothing else is.

  const MAX_CHECKED = 10;
  let unchecked = []; // kept questions whose news are yet to be asked for
  let checking = null; // the one that is asked for now
  const listed = () => find("#news ul");

  const check = () => {
    if (checking || !unchecked.length || find("#start").hidden) return;
    checking = unchecked.shift();
    press("check");
  };
  /** Begin with the questions asked last; a follow-up means nothing without the one before. */
  const checkAll = () => {
    const alone = ({ at, address }) => {
      const { questions, continues } = readAddress(address);
      return seconds(at) && questions.length === 1 && !continues;
    };
    listed().replaceChildren();
    find("#news .news").hidden = true;
    unchecked = earlier().filter(alone).slice(0, MAX_CHECKED);
    check();
  };

  // Going to an address: its filters are set first, then its questions are asked.

  const goto = (address) => {
    wanted = readAddress(address);
    press("restore");
  };

  // Light and dark, as the reader chose last; else as the system has it, which Gradio sees to.

  const THEME = "according.theme";
  const SIDEBAR = "according.sidebar";
  const store = (name, value) => {
    try {
      localStorage.setItem(name, value);
    } catch {
      // a browser that keeps nothing
    }
  };
  const isDark = () => document.body.classList.contains("dark");
  const drawTheme = () => find('#top [data-do="theme"]')?.setAttribute("aria-pressed", String(isDark()));

  // The sidebar: on a wide window it is there unless it is folded, on a narrow one it is a drawer of Gradio's.

  const isWide = matchMedia("(min-width: 1024px)");
  const isOpen = () =>
    isWide.matches
      ? !document.body.classList.contains("sidebar-folded")
      : find("#sidebar").classList.contains("open");
  const drawSidebar = () => {
    find('[data-do="filters"]').setAttribute("aria-expanded", String(isOpen()));
    if (!isWide.matches && isOpen()) find("#sidebar input").focus();
  };
  isWide.addEventListener("change", drawSidebar);

  const copy = async (button, text) => {
    const label = button.dataset.label ?? button.textContent;
    button.dataset.label = label;
    button.removeAttribute("aria-label");
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Cannot copy";
    }
    announce(button.textContent);
    setTimeout(() => (button.textContent = label), 2000);
  };

  const fetched = async (href) => {
    const found = await fetch(href);
    if (!found.ok) throw new Error((await found.text()).slice(0, 300));
    return found.text();
  };

  const plain = (text) => new Blob([text], { type: "text/plain" });

  /** Load what a panel is to show, unless it has it; what comes late, for another order, is left out. */
  const fill = async (panel, href = panel.dataset.shown ?? panel.dataset.href) => {
    if (!href || panel.dataset.shown === href) return;
    panel.dataset.shown = href;
    panel.setAttribute("aria-busy", "true");
    if (!panel.childElementCount) panel.replaceChildren(waitingLine());
    try {
      const html = await fetched(href);
      if (panel.dataset.shown !== href) return;
      const holder = make("template");
      holder.innerHTML = html;
      const figures = find(".figures", holder.content);
      const known = find(":scope > .figures", panel.closest(".turn"));
      if (figures && known?.textContent === figures.textContent) figures.remove(); // they are above the tabs already
      const on = panel.contains(document.activeElement) ? document.activeElement.dataset.view : null;
      panel.replaceChildren(holder.content);
      if (on) all("[data-view]", panel).find((each) => each.dataset.view === on)?.focus({ preventScroll: true });
    } catch (error) {
      if (panel.dataset.shown !== href) return;
      delete panel.dataset.shown; // the tab loads it again
      const words = error.message && !/fetch/i.test(error.message) ? error.message : "The app cannot be reached.";
      panel.replaceChildren(make("p", { className: "note", role: "alert" }, words));
    }
    panel.removeAttribute("aria-busy");
  };

  const select = (tab) => {
    const turn = tab.closest(".turn");
    all('[role="tab"]', turn).forEach((each) => {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
      const panel = document.getElementById(each.getAttribute("aria-controls"));
      panel.hidden = each !== tab;
      if (each === tab) fill(panel);
    });
  };

  const DO = {
    example: (button) => ask(button.textContent),
    more: (button) => {
      const folded = button.previousElementSibling.classList.toggle("folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.textContent = folded ? "more" : "less";
    },
    copy: (button) => {
      const whole = button.dataset.whole && !find(".said.folded", button.closest(".card"));
      copy(button, fetched(whole ? button.dataset.whole : button.dataset.href).then(plain));
    },
    link: (button) => {
      const page = location.href.split(/[?#]/)[0];
      copy(button, plain(new URL(address(entryOf(button)), page).href));
    },
    card: (button) => {
      const turn = button.closest(".turn");
      select(find('[role="tab"]', turn));
      const card = find(`.card[data-card="${Number(button.dataset.card)}"]`, turn);
      card?.scrollIntoView({ block: "start" });
      card?.focus({ preventScroll: true });
    },
    tab: select,
    view: (button) => fill(button.closest('[role="tabpanel"]'), button.dataset.view),
    switch: (chip) => again(entryOf(chip), "switch", wordsOn(entryOf(chip).element, chip)),
    follow: (chip) => again(entryOf(chip), "follow", []),
    nearest: (button) => again(entryOf(button), "nearest", []),
    refilter: () => again(last(), "switch", wordsOn(last().element)),
    unfiltered: (button) => {
      const { question, before, element } = entryOf(button);
      wanted = { question, before, ignored: switches(element).map((chip) => chip.dataset.words), filters: UNSET };
      press("restore");
    },
    suggested: (button) => {
      const { number, before } = entryOf(button);
      ask(button.dataset.words, { action: "suggested", words: [button.dataset.words], before, of: number });
    },
    edit: (button) => {
      const box = find("#question textarea");
      box.value = entryOf(button).question;
      box.dispatchEvent(new Event("input", { bubbles: true })); // so that Gradio knows of it
      box.focus();
    },
    retry: (button) => {
      const entry = entryOf(button);
      const { failed, element } = entry;
      dropWays(element);
      find(".verdict", element).replaceWith(waitingLine());
      element.className = "according turn pending";
      send(failed);
    },
    drop: (button) => {
      if (button.dataset.place === "follow") {
        follows = null;
        draw();
      } else {
        dropped = button.dataset;
        press("drop");
      }
      find("#question textarea").focus();
    },
    goto: (link) => goto(link.getAttribute("href")),
    forget: () => keep([]),
    clear: () => {
      const kept = { turns: [...turns().children], follows, address: location.search || location.pathname };
      turns().replaceChildren();
      follows = null;
      history.pushState(null, "", addressOf([], values));
      start(true);
      cleared = kept;
      const undo = act("undo", "Undo");
      find("#start").before(make("p", { className: "according undo" }, "Cleared. ", undo));
      undo.focus();
      draw();
    },
    undo: () => {
      const kept = cleared;
      start(!kept);
      if (!kept) return;
      turns().replaceChildren(...kept.turns);
      follows = kept.follows;
      history.pushState(null, "", kept.address);
      turns().lastElementChild.scrollIntoView({ block: "start" });
      focusQuestion(turns().lastElementChild);
      draw();
    },
    filters: () => {
      if (isWide.matches) store(SIDEBAR, document.body.classList.toggle("sidebar-folded") ? "folded" : "");
      else find("#sidebar .toggle-button").click();
      setTimeout(drawSidebar, 50);
    },
    theme: () => {
      const dark = document.body.classList.toggle("dark");
      store(THEME, dark ? "dark" : "light");
      drawTheme();
    },
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || !(button.dataset.do in DO)) return;
    if (button.matches("a") && (event.ctrlKey || event.metaKey || event.shiftKey)) return; // in a tab of its own
    event.preventDefault();
    DO[button.dataset.do](button);
  });

  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest('[role="tab"]');
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!tab || !by) return;
    const tabs = all('[role="tab"]', tab.parentElement);
    const step = getComputedStyle(tab).direction === "rtl" && Number.isFinite(by) ? -by : by;
    const at = tabs.indexOf(tab) + step;
    const to = tabs[Number.isFinite(at) ? (at + tabs.length) % tabs.length : at < 0 ? 0 : tabs.length - 1];
    event.preventDefault();
    to.focus();
    select(to);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || isWide.matches || !isOpen() || event.defaultPrevented) return;
    DO.filters();
    find('[data-do="filters"]').focus();
  });

  addEventListener("popstate", () => goto(location.search));

  // A printed page has all of an answer: nothing is folded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("#turns details:not([open])");
    folded.forEach((each) => (each.open = true));
  });
  addEventListener("afterprint", () => folded.forEach((each) => (each.open = false)));

  // Milliseconds until example questions are asked for again.
  let renewAfter = 3000;
  const MOST_RENEW = 60_000;

  window.according = {
    /** Ask what is in the box, and return what is to be in it then. */
    ask: (given) => {
      const question = (given ?? "").trim();
      if (question) ask(question, { before: follows, continuesLast: true });
      else find("#question textarea").focus();
      return question ? "" : given;
    },
    /** Return what is sent to the server for the current request. */
    sent: (given) => {
      const { action, entry, words, quiet } = current;
      if (entry.continuesLast) [entry.before, entry.continuesLast] = [follows, false]; // as it is by now
      entry.filters = normal(given.slice(4, -1));
      const isNew = action === "ask" || action === "continue";
      const number = isNew ? entry.before?.number ?? 0 : entry.number;
      entry.since = lastAsked(address(entry));
      return [action, isNew ? entry.question : "", number, words, ...entry.filters, quiet ? 0 : entry.since];
    },
    answered: (html) => {
      const holder = make("template");
      holder.innerHTML = html;
      if (current) place(holder.content.firstElementChild);
    },
    failed: () => {
      if (!current) return;
      const question = make("h2", { className: "question" }, make("bdi", {}, current.entry.question));
      const words = "The app cannot be reached, or is busy.";
      const verdict = make("p", { className: "verdict", role: "alert" }, words);
      const ways = make("p", { className: "ways" }, act("retry", "Try again"));
      place(make("section", { className: "according turn failed" }, question, verdict, ways));
    },
    /** Return what is sent to ask how much is new that answers a kept question. */
    checking: () => {
      const { address, at } = checking;
      const { questions, ignored, filters } = readAddress(address);
      return [questions[0], ignored, ...filters, at];
    },
    /** List a kept question if something is new, and go on with the next one; not if the app cannot be reached. */
    checked: (html) => {
      const { question, address } = checking;
      checking = null;
      if (html === null) unchecked = [];
      if (html && !all("a", listed()).some((link) => link.getAttribute("href") === address)) {
        const link = make("a", { href: address }, make("bdi", {}, question));
        link.dataset.do = "goto";
        const item = make("li", {}, link, " ");
        item.insertAdjacentHTML("beforeend", html);
        spellTimes(item);
        listed().append(item);
        find("#news .news").hidden = false;
      }
      check();
    },
    /** Note the filters as they are now. */
    filtered: (given) => {
      values = normal(given);
      draw();
    },
    /** Return the filters without the one whose chip was pressed. */
    without: (given) => {
      const { place: at, value } = dropped ?? {};
      return normal(given).map((now, i) => {
        if (String(i) !== at) return now;
        return Array.isArray(now) ? now.filter((one) => String(one) !== value) : UNSET[i];
      });
    },
    /** Return the filters that are to be set. */
    restored: () => structuredClone(wanted?.filters ?? UNSET),
    /** Ask what is to be asked with them. */
    resumed: (given) => {
      values = normal(given);
      const asked = wanted;
      wanted = null;
      if (asked?.question) {
        ask(asked.question, asked);
      } else {
        turns().replaceChildren();
        waiting.length = 0;
        follows = null;
        start(!asked?.questions.length);
        let before = null;
        asked?.questions.forEach((question, at) => {
          const isLast = at === asked.questions.length - 1;
          const action = before && (!isLast || asked.continues) ? "continue" : "ask";
          before = ask(question, { action, before, ignored: isLast ? asked.ignored : [], restoring: true });
        });
      }
      draw();
    },
    /** Ask for more example questions while the server makes some: less and less often, and only if they are seen. */
    renewed: () => {
      if (!find("#start [data-more]")) return;
      const again = () => {
        if (find("#start").hidden) return;
        if (document.hidden) document.addEventListener("visibilitychange", again, { once: true });
        else press("renew");
      };
      setTimeout(again, renewAfter);
      renewAfter = Math.min(2 * renewAfter, MOST_RENEW);
    },
    /** The lists of outlets are there: do what the address asks. */
    begin: () => {
      enable(true);
      window.according.renewed();
      const { questions, filters } = readAddress(location.search);
      if ((questions.length || filters.some(isSet)) && !turns().childElementCount) goto(location.search);
      else draw();
      if (!questions.length) checkAll();
    },
  };

  // What is typed while Gradio still makes the page could be lost: it can be used once it has begun, or after this time
  // if the lists do not come.

  const MAX_WAIT = 10_000; // milliseconds
  const enable = (begun) => {
    document.body.classList.toggle("begun", begun);
    all("#sidebar, #composer").forEach((part) => (part.inert = !begun));
    if (begun && document.activeElement === document.body) find("#question textarea").focus();
  };
  const hasBegun = () => document.body.classList.contains("begun");

  /** Draw the page as light or dark as it was chosen: before anything is seen, and after Gradio has seen to it. */
  const wearTheme = () => {
    try {
      const theme = localStorage.getItem(THEME);
      if (theme && !/__theme/.test(location.search)) document.body.classList.toggle("dark", theme === "dark");
      document.body.classList.toggle("sidebar-folded", localStorage.getItem(SIDEBAR) === "folded");
    } catch {
      // as above
    }
  };
  document.addEventListener("DOMContentLoaded", wearTheme);
  const ready = setInterval(() => {
    if (!find("#top") || !find("#earlier")) return;
    clearInterval(ready);
    if (!hasBegun()) enable(false);
    setTimeout(() => hasBegun() || enable(true), MAX_WAIT);
    wearTheme();
    drawTheme();
    drawSidebar();
    list();
  }, 50);
})();
