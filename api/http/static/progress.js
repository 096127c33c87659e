// Shows how far a grading is, as the server tells it. Without it the page reloads by itself or by its link.
"use strict";
(() => {
  const words = document.getElementById("progress");
  if (!words) return; // nothing on this page waits
  const state = document.getElementById("state");
  // A reload would take away what somebody is typing: then the page offers it instead.
  const typed = () =>
    [...document.querySelectorAll("textarea, input")].some(
      (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked,
    );
  const reload = () => {
    if (!typed()) {
      location.reload();
      return;
    }
    const link = document.createElement("a");
    link.href = "";
    link.textContent = "Reload to see it.";
    words.append(" ", link);
  };
  const events = new EventSource(words.dataset.events);
  const show = (event) => {
    const told = JSON.parse(event.data);
    words.textContent = told.text;
    state.textContent = told.title;
    if (told.state === "grading") document.getElementById("nobody-grades")?.remove(); // somebody does now
  };
  events.addEventListener("progress", show);
  events.addEventListener("done", (event) => {
    events.close();
    show(event);
    reload();
  });
  events.addEventListener("error", () => {
    // The browser connects again by itself, unless it was refused: then the page looks again later.
    if (events.readyState === EventSource.CLOSED) setTimeout(reload, 15000);
  });
})();
