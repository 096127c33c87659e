// Progress that renews itself, and a rubric editor that checks as one types. Both pages work without this.
"use strict";

function renew() {
  const shown = document.querySelector("#live[data-live]");
  if (!shown) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const made = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = made.querySelector("#live");
        if (fresh && !fresh.hasAttribute("data-live")) {
          location.reload();
          return;
        }
        if (fresh) shown.replaceWith(document.adoptNode(fresh));
      }
    } catch {
      // The server does not answer just now: the next try may.
    }
    renew();
  }, 1000 * Number(shown.dataset.live));
}

function edit(form) {
  const text = form.querySelector("textarea");
  const place = form.querySelector("[data-place]");
  const findings = document.getElementById("findings");
  let timer = 0;
  let latest = 0;

  async function check(scores) {
    clearTimeout(timer);
    const mine = ++latest;
    findings.setAttribute("aria-busy", "true");
    try {
      const body = new URLSearchParams({ text: text.value });
      const answer = await fetch(`${form.dataset.editor}?part=true&scores=${scores}`, { method: "POST", body, credentials: "same-origin" });
      if (mine !== latest) return;
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const made = new DOMParser().parseFromString(await answer.text(), "text/html");
      findings.replaceChildren(...made.body.childNodes);
      text.setAttribute("aria-invalid", String(findings.querySelector("[data-line]") !== null));
    } catch {
      if (mine !== latest) return;
      const line = document.createElement("p");
      line.className = "warning";
      line.textContent = "The text could not be checked just now. Your text is still here; try again, or press Check.";
      findings.replaceChildren(line);
    } finally {
      if (mine === latest) findings.removeAttribute("aria-busy");
    }
  }

  function go(number) {
    const lines = text.value.split("\n");
    const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
    text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, number - 6);
  }

  function tell() {
    const before = text.value.slice(0, text.selectionStart).split("\n");
    place.textContent = `Line ${before.length}, column ${before[before.length - 1].length + 1}.`;
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => check(false), 500);
  });
  for (const kind of ["keyup", "click", "focus"]) text.addEventListener(kind, tell);
  form.querySelector("[data-check]").addEventListener("click", (event) => {
    event.preventDefault();
    check(true);
  });
  findings.addEventListener("click", (event) => {
    const button = event.target.closest("[data-line]");
    if (button) go(Number(button.dataset.line));
  });
}

renew();
document.querySelectorAll("form[data-editor]").forEach(edit);
