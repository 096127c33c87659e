// Keeps "time left" current. The server wrote it; here it only goes on.
"use strict";
(() => {
  const shown = document.getElementById("left");
  if (!shown) return;
  const ends = performance.now() + Number(shown.dataset.seconds) * 1000;
  const count = (number, unit) => (number ? `${number} ${unit}${number === 1 ? "" : "s"}` : "");
  const span = (minutes) => {
    if (minutes < 1) return "less than a minute";
    const days = Math.floor(minutes / 1440);
    const hours = Math.floor(minutes / 60) % 24;
    const rest = days ? 0 : minutes % 60;
    return [count(days, "day"), count(hours, "hour"), count(rest, "minute")].filter(Boolean).join(" ");
  };
  const tick = () => {
    const seconds = Math.max(0, (ends - performance.now()) / 1000);
    const words = seconds ? span(Math.floor(seconds / 60)) : "none: the time is over";
    if (shown.textContent !== words) shown.textContent = words;
  };
  setInterval(tick, 5000);
  document.addEventListener("visibilitychange", tick); // sleeping tabs miss ticks
})();
