// Enhances threads that already work: votes in place, forms within the thread, a live preview.

const PAUSE = 350;
const live = document.querySelector("#live");

function token() {
  return document.querySelector('meta[name="form-token"]')?.content ?? "";
}

function post(address, fields) {
  return fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "X-Form-Token": token() },
    body: new URLSearchParams(fields),
  });
}

async function vote(button) {
  const reply = await post(button.formAction, { is_cast: button.value });
  if (!reply.ok) throw new Error(String(reply.status));
  const { votes, is_cast } = await reply.json();
  button.value = is_cast ? "0" : "1";
  button.setAttribute("aria-pressed", String(is_cast));
  button.querySelector(".tally").textContent = votes;
  const label = button.getAttribute("aria-label").replace(/^(Withdraw your vote|Vote)/, is_cast ? "Withdraw your vote" : "Vote");
  button.setAttribute("aria-label", label.replace(/\d+ so far$/, `${votes} so far`));
  live.textContent = is_cast ? "Voted" : "Vote withdrawn";
}

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (event.target.id !== "thread-acts" || !button?.matches(".vote")) return;
  event.preventDefault();
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  try {
    await vote(button);
  } catch {
    live.textContent = "The vote was not taken. Try again.";
  } finally {
    button.ariaBusy = "false";
  }
});

function close(holder, link) {
  holder.remove();
  link.hidden = false;
  link.focus();
}

async function open(link) {
  const reply = await fetch(link.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const form = page.querySelector("#comment-form");
  if (!reply.ok || !form) return location.assign(link.href);
  const holder = document.createElement("div");
  holder.className = "inline-form";
  holder.append(...[form, page.querySelector("#delete-comment")].filter(Boolean));
  const comment = link.closest(".comment");
  for (const each of holder.querySelectorAll("[id], label")) {
    // Several forms may be open at once, and each needs names of its own.
    for (const name of ["id", "for", "form", "aria-describedby"]) {
      const value = each.getAttribute(name);
      if (value) each.setAttribute(name, `${value}-${comment.id}`);
    }
  }
  const grave = holder.querySelector(".grave");
  grave?.setAttribute("form", `delete-comment-${comment.id}`);
  comment.append(document.adoptNode(holder));
  link.hidden = true;
  restore(holder.querySelector("form"));
  const field = holder.querySelector("textarea");
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  holder.querySelector("[data-close]").addEventListener("click", (event) => {
    event.preventDefault();
    close(holder, link);
  });
  holder.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(holder, link);
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-open]");
  const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (!link || !isPlain) return;
  event.preventDefault();
  open(link).catch(() => location.assign(link.href));
});

document.addEventListener("keydown", (event) => {
  const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey);
  const form = isSend && event.target.closest?.(".comment-form");
  if (form) form.requestSubmit(form.querySelector("button.main"));
});

const timers = new WeakMap();
const asked = new WeakMap();

function previewOf(form) {
  let shown = form.querySelector(".live-preview");
  if (!shown) {
    shown = document.createElement("div");
    shown.className = "live-preview comment-body";
    shown.dir = "auto";
    shown.setAttribute("aria-label", "Preview");
    form.querySelector("textarea").after(shown);
  }
  return shown;
}

async function preview(form) {
  const body = form.querySelector("textarea").value;
  const shown = previewOf(form);
  shown.hidden = !body.trim();
  if (shown.hidden) return;
  const mine = (asked.get(form) ?? 0) + 1;
  asked.set(form, mine);
  const reply = await post("/comments/preview", { body });
  if (!reply.ok) return;
  const { html } = await reply.json();
  if (asked.get(form) === mine) shown.innerHTML = html; // sanitised by the server, as every comment
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-preview]");
  if (!form || event.target.tagName !== "TEXTAREA") return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => preview(form).catch(() => {}), PAUSE));
});

// A form that was sent is not sent again by a second click.
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".comment-form") || event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".comment-form")) delete form.dataset.sent;
});

// What was typed outlives a session that has ended, or a tab that was closed by mistake.
const SENT = "comment-sent";

function draftOf(form) {
  const parent = form.elements.parent_id?.value ?? "";
  return `comment-draft ${new URL(form.action).pathname} ${parent}`;
}

function remember(form) {
  try {
    localStorage.setItem(draftOf(form), form.elements.body.value);
  } catch {
    // Storage is forbidden in some private windows; the browser's own memory must do.
  }
}

function restore(form) {
  try {
    const field = form.elements.body;
    const isNew = !new URL(form.action).pathname.endsWith("/edit");
    if (isNew && !field.value) field.value = localStorage.getItem(draftOf(form)) ?? "";
  } catch {
    // As above.
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(".comment-form");
  if (form) remember(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".comment-form") || event.submitter?.name === "preview") return;
  try {
    sessionStorage.setItem(SENT, draftOf(event.target));
  } catch {
    // As above.
  }
});
try {
  // A page that opens at a comment is the answer to one that was taken.
  const sent = sessionStorage.getItem(SENT);
  if (sent && location.hash.startsWith("#comment-")) localStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
} catch {
  // As above.
}
document.querySelectorAll(".comment-form").forEach(restore);
