// Files that a reader adds (adding.py): sends each by itself, with a bar and a state, and shows what becomes of it.
// It listens on the document, so that it does not matter when its parts are drawn; loading it twice has no effect.
(() => {
  if (window.accordingFiles) return;
  const SHOWN_EVERY = 250, ASKED_EVERY = 500, AGAIN_AFTER = 3000, MOST_TRIES = 40; // milliseconds; times
  const KEPT = "according-addition"; // the handle of an addition that runs, for a page that is loaded again
  const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu; // would change how the rest is read
  const HANDLE = /^[\w-]{22}$/;
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  const part = (of) => document.querySelector(`.according.adding ${of}`);
  let sending = Promise.resolve();

  const say = (row, text, kind) => {
    row.className = kind;
    row.querySelector(".state").textContent = text;
  };

  const printable = (name) =>
    name.replace(UNPRINTABLE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const drawn = (file) => {
    const row = document.createElement("li");
    const title = document.createElement("bdi"), state = document.createElement("span");
    const bar = document.createElement("progress"), forget = document.createElement("button");
    const name = printable(file.name);
    title.textContent = name;
    state.className = "state";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${name}`);
    Object.assign(forget, { type: "button", textContent: "×" });
    forget.dataset.do = "forget-file";
    forget.setAttribute("aria-label", `Leave out ${name}`);
    row.append(title, forget, state, bar);
    return row;
  };

  const failed = (row, reason) => {
    row.querySelector("progress").hidden = true;
    say(row, `not sent: ${reason}`, "not");
  };

  // What is known before a file is sent; the server decides.
  const fault = (file, list, input) => {
    const { mostFiles, mostBytes, advice, kinds } = input.closest(".adding").dataset;
    const ends = (ending) => file.name.toLowerCase().endsWith(ending), endings = input.accept.split(",");
    if (list.querySelectorAll(".files li:not(.not)").length > Number(mostFiles)) return `at most ${mostFiles} files at a time`;
    if (file.size > Number(mostBytes)) return `larger than ${mostBytes / 2 ** 20} MB; add it on the command line`;
    if (!endings.some(ends)) {
      const [, instead] = Object.entries(JSON.parse(advice)).find(([ending]) => ends(ending)) ?? [];
      return `files of this kind cannot be read; ${instead ?? `those that can end in ${kinds} and the like`}`;
    }
  };

  const sent = (row, file) => new Promise((done) => {
    const request = new XMLHttpRequest(), body = new FormData();
    const bar = row.querySelector("progress");
    let shown = 0;
    body.append("files", file);
    row.request = request;
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (!lengthComputable || Date.now() - shown < SHOWN_EVERY) return;
      shown = Date.now();
      bar.value = loaded / total;
      say(row, `sending, ${Math.floor((100 * loaded) / total)} %`, "now");
    };
    request.onloadend = () => done(request);
    request.open("POST", new URL(document.querySelector(".adding[data-upload]").dataset.upload, document.baseURI));
    request.send(body);
  });

  const reason = (request) => {
    if (!request.status) return "the connection was lost, or the file has changed; choose it again";
    try {
      return JSON.parse(request.responseText).detail;
    } catch {
      return request.responseText.trim() || `the server answered ${request.status}`;
    }
  };

  const send = async (row, file) => {
    for (let tries = 1; row.isConnected; tries += 1) {
      say(row, "sending", "now");
      const request = await sent(row, file);
      if (request.status === 200) {
        [row.dataset.handle] = JSON.parse(request.responseText);
        row.querySelector("progress").hidden = true;
        return say(row, "ready", "ready");
      }
      if (![429, 503].includes(request.status) || tries === MOST_TRIES) return failed(row, reason(request));
      say(row, "waiting: the app is busy", "waiting");
      await wait(AGAIN_AFTER);
    }
  };

  const chosen = (input) => {
    const list = part(".files");
    for (const file of input.files) {
      const row = drawn(file);
      list.append(row);
      const wrong = fault(file, list, input);
      if (wrong) {
        failed(row, wrong);
      } else {
        say(row, "waiting", "waiting");
        sending = sending.then(() => send(row, file)).catch(() => failed(row, "the file cannot be read"));
      }
    }
    input.value = ""; // so that the same file can be chosen again
  };

  const handles = async () => {
    let last;
    do {
      last = sending;
      await last;
    } while (last !== sending);
    return [...document.querySelectorAll(".according.adding .files [data-handle]")].map((row) => row.dataset.handle).join(" ");
  };

  const show = ({ said, part: done, rows, running }) => {
    const bar = part("> progress"), list = part(".outcomes"), status = part(".said");
    if (!bar) return; // not drawn now
    if (status.textContent !== said) status.textContent = said;
    bar.hidden = !running;
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
    if (list.dataset.rows !== rows) {
      list.innerHTML = rows;
      list.dataset.rows = rows;
    }
  };

  const asked = async (handle) => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      try {
        const answer = await fetch(new URL(`adding/${handle}`, document.baseURI));
        if (answer.ok) return await answer.json();
        if (answer.status === 404) return null;
      } catch { /* the server is away */ }
      await wait(AGAIN_AFTER);
    }
    return null;
  };

  // Shows an addition until it is over. The rows of the files that were sent make room for those of what becomes of them.
  const follow = async (handle) => {
    if (!HANDLE.test(handle)) return;
    sessionStorage.setItem(KEPT, handle);
    const rows = [...document.querySelectorAll(".according.adding .files [data-handle]")];
    for (const row of rows) row.hidden = true;
    let state;
    while ((state = await asked(handle))) {
      show(state);
      if (state.over) break;
      await wait(ASKED_EVERY);
    }
    sessionStorage.removeItem(KEPT);
    if (!state) show({ said: "The app does not answer. What was added is kept.", part: null, rows: "" });
    for (const row of rows) {
      if (state && !state.failed) row.remove();
      else row.hidden = false;
    }
  };

  document.addEventListener("change", ({ target }) => {
    if (target.matches?.(".according.adding input[type=file]")) chosen(target);
  });
  document.addEventListener("click", ({ target }) => {
    const row = target.closest?.('[data-do="forget-file"]')?.closest("li");
    if (!row) return;
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.request?.abort();
    row.remove();
    (next?.querySelector("button") ?? part("input")).focus();
  });
  window.accordingFiles = { handles, follow };
  if (sessionStorage.getItem(KEPT)) follow(sessionStorage.getItem(KEPT));
})();
