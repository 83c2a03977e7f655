// What the form does by itself, without leaving the page: files are dropped or chosen,
// go one after the other, and their answers come as they are ready. A file stays in the
// browser, so that its signed version is cut out of it here. Without script the form is
// sent as a whole and answered by a page.

const form = document.getElementById("documents");
const input = document.getElementById("file");
const progress = document.getElementById("progress");
const bar = document.getElementById("sent");
const answers = document.getElementById("answers");
const { most, files: mostFiles, send, look, done, drop } = form.dataset;
let count = answers.querySelectorAll("article").length;
let running = false;

if (matchMedia("(hover: hover)").matches) form.querySelector("label").textContent = drop; // a finger drops nothing

form.addEventListener("submit", (event) => {
  event.preventDefault();
  verify([...input.files]);
});

// A file that misses the form must not replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
form.addEventListener("dragover", () => form.classList.add("over"));
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  form.classList.remove("over");
  verify([...event.dataTransfer.files]);
});

for (const own of ["detached", "locked"]) {
  document.getElementById(own).addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    run([{ file: data.get("file"), content: data.get("content"), password: data.get("password"), action: event.target.action }]);
  });
}

// verify sends a signature together with the file it signs, if both were given: the one
// of the same name with another ending, or without one.
function verify(files) {
  const rest = new Set(files);
  const jobs = [];
  for (const file of files.filter((f) => /\.p7[sm]$/i.test(f.name))) {
    const stem = file.name.replace(/\.p7[sm]$/i, "");
    const names = [stem, ...["json", "pdf", "xml", "txt"].map((ending) => `${stem}.${ending}`)];
    const content = names.map((name) => files.find((f) => f.name === name)).find(Boolean);
    if (!content) continue;
    rest.delete(file);
    rest.delete(content);
    jobs.push({ file, content, action: document.getElementById("detached").action });
  }
  for (const file of rest) jobs.push({ file, action: form.action });
  run(jobs);
}

async function run(jobs) {
  if (running || jobs.length === 0) return;
  running = true;
  const buttons = document.querySelectorAll(".opening button");
  for (const button of buttons) button.disabled = true;
  document.getElementById("empty")?.remove();
  let first, last;
  for (const [n, job] of jobs.entries()) {
    const at = jobs.length > 1 ? ` (${n + 1}/${jobs.length})` : "";
    const tell = (text) => { progress.textContent = `${text}${at}: ${job.file.name}`; };
    for (const article of n < Number(mostFiles) ? await articlesOf(job, tell) : [standing("many", job.file.name)]) {
      last = show(article, job.file, last);
      first ??= last;
    }
  }
  running = false;
  bar.hidden = true;
  for (const button of buttons) button.disabled = false;
  progress.textContent = done;
  input.value = "";
  first?.scrollIntoView({ block: "start" });
  answers.focus({ preventScroll: true });
}

// articlesOf asks for what the page would say of one file. What comes without an answer in
// it is of somebody in between.
async function articlesOf(job, tell) {
  if (job.file.size > Number(most)) return [standing("too-large", job.file.name)];
  const data = new FormData();
  data.append("file", job.file);
  if (job.content) data.append("content", job.content);
  if (job.password) data.append("password", job.password);
  const { status, response } = await post(job.action, data, tell);
  const articles = response ? [...response.querySelectorAll("#answers > article")] : [];
  return articles.length > 0 ? articles : [standing(status === 413 ? "too-large" : "lost", job.file.name)];
}

// post shows how much is sent, which fetch cannot tell: by the bar, since whoever listens
// does not want to hear every hundredth.
function post(action, data, tell) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", action);
    request.responseType = "document";
    tell(send);
    request.upload.addEventListener("progress", (event) => {
      bar.hidden = !event.lengthComputable;
      bar.value = event.lengthComputable ? event.loaded / event.total : 0;
    });
    request.upload.addEventListener("load", () => {
      bar.hidden = true;
      tell(look);
    });
    request.addEventListener("loadend", () => resolve(request));
    request.send(data);
  });
}

// standing is an answer that needs nobody to be asked.
function standing(kind, name) {
  const article = document.getElementById(`${kind}-answer`).content.querySelector("article").cloneNode(true);
  article.querySelector("h3").textContent = name;
  return article;
}

// show takes an answer over into this page, where its place has another number: behind
// those of the same sending, and before earlier ones.
function show(article, file, before) {
  count += 1;
  const taken = document.importNode(article, true);
  const [, old] = /^(.*?)-name$/.exec(taken.getAttribute("aria-labelledby"));
  for (const element of [taken, ...taken.querySelectorAll("*")]) {
    for (const name of ["id", "for", "aria-labelledby"]) {
      const value = element.getAttribute(name);
      if (value?.startsWith(`${old}-`)) element.setAttribute(name, `answer-${count}${value.slice(old.length)}`);
    }
  }
  for (const version of taken.querySelectorAll("form.version")) offer(version, file);
  answers.hidden = false;
  (before ?? answers.querySelector("h2")).after(taken);
  return taken;
}

// offer gives the signed version out of the file that is here already. Browsers compute
// digests only over a connection that is secure, or to this machine; elsewhere the file is
// sent once more, as without script.
function offer(version, file) {
  const { size, sha256, name, changed } = version.dataset;
  version.querySelector(".resend").hidden = true;
  version.querySelector("input").required = false;
  version.addEventListener("submit", async (event) => {
    if (!crypto.subtle) {
      const again = new DataTransfer();
      again.items.add(file);
      version.querySelector("input").files = again.files;
      return;
    }
    event.preventDefault();
    const said = version.querySelector(".progress");
    try {
      const signed = file.slice(0, Number(size), "application/pdf");
      const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await signed.arrayBuffer()));
      if ([...sum].map((b) => b.toString(16).padStart(2, "0")).join("") !== sha256) throw new Error("another file");
      said.textContent = "";
      save(signed, `${file.name.replace(/\.pdf$/i, "")}-${name}.pdf`);
    } catch {
      said.textContent = changed; // on disk, or gone from it
    }
  });
}

function save(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
