// Packs the files of a folder into a tar archive (POSIX pax) without reading them: the archive refers to them.
"use strict";
const packing = (() => {
  const LEFT_OUT = new Set([
    "venv", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox",
    "site-packages", ".DS_Store",
  ]);
  const BLOCK = 512;
  const text = new TextEncoder();

  const octal = (number, width) => number.toString(8).padStart(width - 1, "0") + "\0";

  function header(name, size, kind) {
    const block = new Uint8Array(BLOCK);
    const put = (value, at) => block.set(typeof value === "string" ? text.encode(value) : value, at);
    put(text.encode(name).subarray(0, 100), 0);
    put(octal(0o644, 8), 100);
    put(octal(0, 8), 108);
    put(octal(0, 8), 116);
    put(octal(size, 12), 124);
    put(octal(0, 12), 136); // no times: the same folder gives the same bytes, so that an upload can go on
    put("        ", 148);
    put(kind, 156);
    put("ustar\x0000", 257);
    const sum = block.reduce((total, one) => total + one, 0);
    put(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    return block;
  }

  const padding = (size) => new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);

  function longName(name) {
    const rest = text.encode(` path=${name}\n`).length;
    let length = rest + String(rest).length;
    if (String(length).length !== String(rest).length) length = rest + String(length).length;
    const record = text.encode(`${length} path=${name}\n`);
    return [header("pax", record.length, "x"), record, padding(record.length)];
  }

  // entries: [{path, file}]
  function tar(entries) {
    const parts = [];
    for (const { path, file } of entries) {
      if (text.encode(path).length > 100) parts.push(...longName(path));
      parts.push(header(path, file.size, "0"), file, padding(file.size));
    }
    parts.push(new Uint8Array(2 * BLOCK));
    return new Blob(parts, { type: "application/x-tar" });
  }

  const wanted = (path) => !path.split("/").some((part) => LEFT_OUT.has(part));

  // What a folder is: other names, sizes or times make it another one.
  function mark(entries) {
    let hash = 0x811c9dc5;
    for (const { path, file } of entries) {
      for (const one of text.encode(`${path}\n${file.size}\n${file.lastModified}\n`)) {
        hash = Math.imul(hash ^ one, 0x01000193) >>> 0;
      }
    }
    return hash.toString(16);
  }

  function folder(name, entries) {
    const kept = entries.filter(({ path }) => wanted(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
    return { name: `${name}.tar`, blob: tar(kept), identity: `folder:${name}:${mark(kept)}`, files: kept.length };
  }

  const single = (file) => ({
    name: file.name, blob: file, identity: `file:${file.name}:${file.size}:${file.lastModified}`, files: 1,
  });

  const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));
  const some = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

  async function walk(entry, path, found) {
    if (!wanted(path)) return;
    if (entry.isFile) {
      found.push({ path, file: await fileOf(entry) });
      return;
    }
    const reader = entry.createReader();
    for (let more = await some(reader); more.length; more = await some(reader)) {
      for (const one of more) await walk(one, `${path}/${one.name}`, found);
    }
  }

  // What was dropped: one file, or a folder with all that is in it.
  async function dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
    if (entries.length === 1 && entries[0].isFile) return single(await fileOf(entries[0]));
    if (!entries.length) return transfer.files.length === 1 ? single(transfer.files[0]) : chosen(transfer.files);
    const found = [];
    for (const entry of entries) await walk(entry, entry.name, found);
    return folder(entries.length === 1 ? entries[0].name : "upload", found);
  }

  function chosen(files) {
    const entries = [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    const top = entries.length && entries[0].path.includes("/") ? entries[0].path.split("/")[0] : "upload";
    return folder(top, entries);
  }

  return { single, dropped, chosen };
})();
