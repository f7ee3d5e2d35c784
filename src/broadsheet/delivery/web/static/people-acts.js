// Votes, marks and their keys without loading the page again. Each button works as a form too.

const live = document.querySelector("#live");
const token = document.querySelector("meta[name=form-token]").content;
let toast = null;
let timer = 0;

function tell(text, isTrouble = false) {
  live.textContent = text;
  if (!isTrouble) return;
  toast?.remove();
  toast = document.createElement("p");
  toast.className = "toast";
  toast.textContent = text;
  document.body.append(toast);
  clearTimeout(timer);
  timer = setTimeout(() => toast.remove(), 8000);
}

function twins(button) {
  const path = button.getAttribute("formaction");
  return [...document.querySelectorAll("button.act[formaction]")].filter(
    (other) => other.getAttribute("formaction") === path,
  );
}

function show(button, state) {
  for (const each of twins(button)) {
    each.value = state.is_on ? "0" : "1";
    each.classList.toggle("is-on", state.is_on);
    each.querySelector(".act-name").textContent = state.label;
    const count = each.querySelector(".act-count");
    if (count) count.textContent = state.count;
    if (each.dataset.act === "dismiss") {
      each.closest(".card")?.classList.toggle("is-dismissed", state.is_on);
    }
  }
}

async function act(button, { isQuiet = false } = {}) {
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  try {
    const reply = await fetch(button.getAttribute("formaction"), {
      method: "POST",
      headers: { Accept: "application/json", "X-Form-Token": token },
      body: new URLSearchParams({ is: button.value }),
      keepalive: true,
    });
    if (reply.status === 401) {
      if (isQuiet) return; // nobody asked for it: whoever reads or writes here is left in peace
      location.assign(`/sign-in?${new URLSearchParams({ next: location.pathname + location.search })}`);
      return;
    }
    const state = await reply.json();
    if (reply.ok) show(button, state);
    if (!isQuiet) tell(reply.ok ? state.said : state.detail, !reply.ok);
  } catch {
    if (!isQuiet) tell("That did not reach the server. Try again.", true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button.act[formaction]");
  if (!button) return;
  event.preventDefault();
  act(button);
});

const keys = { v: "vote", s: "save", x: "dismiss" };

document.addEventListener("single-key", (event) => {
  const wanted = keys[event.detail];
  if (!wanted) return;
  const here = document.activeElement.closest(".papers > li") ?? document.querySelector(".paper");
  const button = here?.querySelector(`button[data-act=${wanted}]`);
  if (!button) return;
  event.preventDefault();
  act(button);
});

// Opening a paper marks it as read; asking for the page must not, so that is a change of its own.
function markRead() {
  const button = document.querySelector(".acts-paper [data-act=read]");
  if (button?.value === "1" && document.visibilityState === "visible") act(button, { isQuiet: true });
}
markRead();
document.addEventListener("visibilitychange", markRead, { once: true });
