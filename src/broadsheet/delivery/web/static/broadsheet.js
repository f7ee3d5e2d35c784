// Enhances pages that already work: search while typing, keys, copying. Loads nothing else.

const PAUSE = 180;
const form = document.querySelector("#search");
const field = form.querySelector("#q");
const live = document.querySelector("#live");
const dialog = document.querySelector("#keys");
const keysOn = dialog.querySelector("#keys-on");

let timer = 0;
let running = null;
let shown = location.pathname + location.search;

function address() {
  const values = [...new FormData(form)].filter(([, value]) => value.trim());
  return `${form.action}?${new URLSearchParams(values)}`;
}

function remember(url) {
  const wasSearch = new URLSearchParams(location.search).has("q");
  history[wasSearch ? "replaceState" : "pushState"](null, "", url);
  shown = location.pathname + location.search;
}

function show(page, url) {
  live.textContent = page.getElementById("count")?.textContent ?? page.title;
  for (const id of ["sections", "main"]) {
    const fresh = page.getElementById(id);
    document.getElementById(id).replaceWith(document.adoptNode(fresh));
  }
  document.title = page.title;
  offerCopying();
  remember(url);
}

async function searchNow() {
  clearTimeout(timer);
  running?.abort();
  if (!field.value.trim()) return;
  const mine = (running = new AbortController());
  const url = address();
  try {
    const reply = await fetch(url, { signal: mine.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (mine.signal.aborted) return;
    if (reply.ok) show(page, url);
    else live.textContent = page.getElementById("problem")?.textContent ?? "";
  } catch (error) {
    if (error.name !== "AbortError") live.textContent = "The search did not answer.";
  }
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(searchNow, PAUSE);
});
form.addEventListener("submit", () => {
  clearTimeout(timer);
  running?.abort();
});
addEventListener("popstate", () => {
  // A link within the page fires this too; only another page has to be loaded.
  if (location.pathname + location.search !== shown) location.reload();
});

function headlines() {
  return [...document.querySelectorAll("#main .papers .headline a")];
}

function step(by) {
  const all = headlines();
  if (!all.length) return false;
  const here = all.indexOf(document.activeElement);
  const to = here < 0 ? (by > 0 ? 0 : all.length - 1) : here + by;
  const next = all[Math.min(Math.max(to, 0), all.length - 1)];
  next.focus({ preventScroll: true });
  next.closest("li").scrollIntoView({ block: "nearest" });
  return true;
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox]), select, textarea, [contenteditable]");
}

function arrow(event, by) {
  const here = document.activeElement;
  if (here === field && by > 0) return step(1);
  return headlines().includes(here) && step(by);
}

const singleKeys = {
  "/": () => (field.focus(), field.select(), true),
  j: () => step(1),
  k: () => step(-1),
  o: () => {
    const here = document.activeElement;
    return headlines().includes(here) && (here.click(), true);
  },
  "?": () => (dialog.showModal(), true),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  let used = false;
  if (event.key === "ArrowDown") used = arrow(event, 1);
  else if (event.key === "ArrowUp") used = arrow(event, -1);
  else if (!isTyping(event.target) && (keysOn.checked || event.key === "?")) {
    const act = singleKeys[event.key];
    // Other modules may know the key: they cancel the event to say that they used it.
    const asked = { detail: event.key, cancelable: true };
    used = act ? act() : !document.dispatchEvent(new CustomEvent("single-key", asked));
  }
  if (used) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  document.querySelector(".is-current")?.classList.remove("is-current");
  event.target.closest?.(".papers > li")?.classList.add("is-current");
});

try {
  keysOn.checked = localStorage.getItem("single-keys") !== "off";
  keysOn.addEventListener("change", () => {
    localStorage.setItem("single-keys", keysOn.checked ? "on" : "off");
  });
} catch {
  // Storage is forbidden in some private windows; the choice then lasts for this page.
}

function offerCopying() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      try {
        await navigator.clipboard.writeText(text);
        live.textContent = button.textContent = "Copied";
      } catch {
        live.textContent = button.textContent = "Copying was refused; select the text";
      }
    });
  }
}
offerCopying();
