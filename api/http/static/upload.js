// Sends an upload in chunks. A broken line, even a reloaded page, goes on where it stood. Without scripts the form sends it.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const form = $("upload-form");
  const { uploads, chunk, most, mostWords } = form.dataset;
  const LONGEST_WAIT = 30000;
  let stopped = false;
  let running = null;

  class Refused extends Error {}

  const say = (words) => { $("upload-words").textContent = words; };

  function complain(words) {
    $("script-problem").textContent = words;
    $("script-problem").hidden = false;
    show(false);
  }

  function show(busy) {
    form.hidden = busy;
    $("upload-state").hidden = !busy;
    if (busy) $("upload-words").focus();
  }

  const key = (what) => `upload:${uploads}:${what.identity}:${what.blob.size}`;
  const remember = (what, id) => { try { localStorage.setItem(key(what), id); } catch { /* private mode: no resuming after a reload */ } };
  const forget = (what) => { try { localStorage.removeItem(key(what)); } catch { /* as above */ } };
  const remembered = (what) => { try { return localStorage.getItem(key(what)); } catch { return null; } };

  // One request. Resolves with status and JSON; rejects when the line breaks.
  function send(method, address, { body = null, headers = {}, onsent = null } = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      running = request;
      request.open(method, address);
      request.setRequestHeader("Accept", "application/json");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (onsent) request.upload.onprogress = (event) => onsent(event.loaded);
      request.onload = () => {
        let told = {};
        try { told = JSON.parse(request.responseText); } catch { /* a proxy's page */ }
        resolve({ status: request.status, told, retry: Number(request.getResponseHeader("Retry-After")) });
      };
      request.onerror = request.ontimeout = () => reject(new Error("the line broke"));
      request.onabort = () => reject(new Error("stopped"));
      request.timeout = 180000;
      request.send(body);
    });
  }

  let wake = () => {};
  const pause = (time) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, time); });

  // The same request until it is answered. What the server refuses for good is not repeated.
  async function persist(make, onwait) {
    for (let wait = 1000; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      if (stopped) throw new Refused("");
      let time = wait;
      try {
        const answer = await make();
        const busy = [429, 502, 503, 504].includes(answer.status);
        if (!busy) return answer;
        if (answer.retry) time = Math.min(answer.retry * 1000, 120000);
        onwait(answer.told.detail || "The service is busy.", time);
      } catch {
        if (stopped) throw new Refused("");
        onwait("The connection broke.", time);
      }
      await pause(time);
    }
  }

  const waiting = (reason, time) => say(`${reason} Trying again in ${Math.ceil(time / 1000)} seconds; what has arrived is kept.`);

  async function begin(what) {
    const id = remembered(what);
    if (id) {
      const { status, told } = await persist(() => send("GET", `${uploads}/${id}`), waiting);
      if (status === 200 && told.size === what.blob.size) return told;
      forget(what);
    }
    const body = JSON.stringify({ name: what.name, size: what.blob.size });
    const headers = { "Content-Type": "application/json" };
    const { status, told } = await persist(() => send("POST", uploads, { body, headers }), waiting);
    if (status !== 201) throw new Refused(told.detail || `The service answered ${status}.`);
    remember(what, told.id);
    return told;
  }

  async function sendAll(what, upload) {
    const size = what.blob.size;
    const bar = $("upload-progress");
    const tell = (sent) => {
      const share = Math.min(sent / size, 1);
      bar.value = share;
      const words = `Uploading ${what.name}: ${Math.floor(share * 20) * 5} %`;
      if ($("upload-words").textContent !== words) say(words); // every 5 %, or screen readers never stop
    };
    let offset = upload.offset;
    tell(offset);
    while (offset < size) {
      const piece = what.blob.slice(offset, offset + Number(chunk));
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream" };
      const address = `${uploads}/${upload.id}`;
      const { status, told } = await persist(
        () => send("PATCH", address, { body: piece, headers, onsent: (sent) => tell(offset + sent) }), waiting);
      if (status === 200) {
        offset = told.offset;
      } else if (status === 409) {
        // The last answer was lost on the way: ask where it stands.
        const at = await persist(() => send("GET", address), waiting);
        if (at.status !== 200 || at.told.offset === offset) throw new Refused(told.detail);
        offset = at.told.offset;
      } else {
        forget(what);
        throw new Refused(told.detail || `The service answered ${status}.`);
      }
      tell(offset);
    }
  }

  async function run(what) {
    $("script-problem").hidden = true;
    if (!what.files) return complain("There is no file in it that we would take.");
    if (!what.blob.size) return complain("The file is empty. Choose another one.");
    if (what.blob.size > Number(most)) {
      return complain(`${what.name} is larger than ${mostWords}. Leave out data and installed packages.`);
    }
    stopped = false;
    show(true);
    try {
      const upload = await begin(what);
      await sendAll(what, upload);
      say("Everything has arrived. It is being checked.");
      $("upload-progress").removeAttribute("value");
      const { status, told } = await persist(() => send("POST", `${uploads}/${upload.id}/finish`), waiting);
      forget(what);
      if (status !== 200) throw new Refused(told.detail || `The service answered ${status}.`);
      location.assign(told.location);
    } catch (error) {
      $("upload-progress").value = 0;
      complain(error instanceof Refused && error.message ? error.message
        : stopped ? "Stopped. Choose the same file again to go on where it was." : `The upload failed: ${error.message}.`);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = $("file").files[0];
    if (file) run(packing.single(file));
  });
  $("choose-folder").addEventListener("click", () => $("folder").click());
  $("folder").addEventListener("change", () => {
    if ($("folder").files.length) run(packing.chosen($("folder").files));
    $("folder").value = "";
  });
  $("upload-stop").addEventListener("click", () => {
    stopped = true;
    if (running) running.abort();
    wake();
  });
  const drop = $("drop");
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    try {
      await run(await packing.dropped(event.dataTransfer));
    } catch (error) {
      complain(`What was dropped cannot be read: ${error.message}. Choose it with the button instead.`);
    }
  });
  $("drop-words").hidden = false;
})();
