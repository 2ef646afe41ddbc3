// The visit's page, one question at a time. Without this script the same page works as one long form.
// Nothing is ever lost: each answer goes to the server's draft as it is given, and, closed with a key made from the
// link, into this phone's own store; what could not be sent is sent again. What the state line says is true.
// A browser that cannot read this script keeps the long form.
(() => {
"use strict";
const $ = (id) => document.getElementById(id);
const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
const root = document.documentElement;
const form = $("visit");
const path = location.pathname;
const link = path.split("/")[2];
const name = "svar:" + link.slice(0, 12);
// the link's first four signs are its key and version, the next eight the visit
const ours = (other) => /^svar:/.test(other) && other.slice(9) === name.slice(9);

// ---- questions: which are asked, and what is answered

const questions = all("section:not(#start) > fieldset", form);
const conditional = questions.filter((q) => q.dataset.when);
const title = (q) => all("legend", q)[0].lastChild.textContent.trim();
const inputs = (q) => all("input, textarea", q);
const ticked = (input) => /radio|checkbox/.test(input.type);
const given = (input) => (ticked(input) ? input.checked : input.value.trim() !== "");
// of a matrix each row is a question of its own
const rows = (q) => all(".row:not([data-optional])", q);
const answered = (q) => (rows(q)[0] ? rows(q) : [q]).every((part) => inputs(part).some(given));

const boxes = (field) => all("[name='" + field + "']", form);
const value = (field) => {
  const chosen = boxes(field).find(given);
  return chosen ? chosen.value : "";
};

// the branching: `sick_leave.employed=1`, `perceived_treatment.guess<3`; several joined by & or by |
const asked = (q) => {
  const when = q.dataset.when;
  return !when || (when.includes("|") ? when.split("|").some(leads) : when.split("&").every(leads));
};
const leads = (when) => {
  const [, field, tests] = when.match(/^([^=<>]+)(.+)$/);
  const answer = typed(value(field), true);
  return asked(boxes(field)[0].closest("fieldset")) && tests.match(/[=<>]\d+/g).every((test) => {
    const limit = +test.slice(1);
    return test[0] === "=" ? answer === limit : test[0] === "<" ? answer < limit : answer > limit;
  });
};

// digits and signs of any keyboard, as the server reads them; scripts have their digits in tens
const plain = (text) => text.replace(/[\p{Cf}\u20e3\ufe00-\ufe0f]/gu, "")
  .replace(/[\u2010-\u2015\u207b\u2212\ufe58\ufe63\uff0d]/g, "-").replace(/[\ufe62\uff0b]/g, "+")
  .replace(/[,\u060c\u066b\u2024\u3001\u3002\ufe50\ufe52\uff0c\uff0e\uff61]/g, ".").replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0);
    let count = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(point - count - 1))) count += 1;
    return count % 10;
  }).trim();
// the number that was typed, or none: with nine digits at most, as many of a fraction
const typed = (text, fraction) => {
  const read = plain(text).match(/^[+-]?\d{1,9}(\.\d{1,9})?$/);
  return read && (fraction || !read[1]) ? +read[0] : NaN;
};

const wrong = (q) => inputs(q).some((input) => {
  if (input.type === "date") return !input.validity.valid;
  const { low, high } = input.dataset;
  const number = typed(input.value, input.inputMode === "decimal");
  return high && given(input) && !(number >= low && number <= high);
});

// ---- a browser that translates the page changes what is asked: she is told, and it is noted with her answers

const WORDS = "legend, label, li, h2, p:not(.error)";
const text = (parts) => parts.map((part) => part.textContent).join().replace(/\s/g, "");
const wording = () => text([].concat(...all("section[translate]", form).map((section) => all(WORDS, section))));
// words around them that stay as they came, unless the browser leaves no other trace of a translation than its words
const around = () => text(all("#title, summary, footer p"));
const language = root.lang;
const words = form && [wording(), around()];
let seen = "paged";
const notice = () => {
  if (wording() !== words[0]) seen = "paged, questions translated";
  else if (seen === "paged" && (around() !== words[1] || /translated-/.test(root.className) || root.lang !== language || document.querySelector("font, [_msttexthash]"))) seen = "paged, page translated";
  $("translated").hidden = seen === "paged";
};

// ---- what is kept: fields by name, which of them the server has not confirmed, and when each was answered here: what
// of the server's we had by then, and the time by this phone's clock. Of two phones' answers it tells the newer by these

let unsent = {};
const when = {};
let order = form && form.dataset.filled;
const me = Math.random();
let resumed = order !== undefined;
let sending = false;
let failed = false;
let made;

const fields = () => {
  const kept = {};
  inputs(form).forEach((input) => {
    if (input.name[0] !== "_" && given(input)) kept[input.name] = input.value;
  });
  return kept;
};

const fill = (kept) => {
  for (const field in kept) {
    resumed = true;
    boxes(field).forEach((input) => {
      if (ticked(input)) input.checked = input.value === kept[field];
      else input.value = kept[field];
    });
  }
};

// a copy that this phone kept: of two answers given here, the later one; what came from the server only at the beginning
const take = (copy) => {
  const blank = !begun && !("filled" in form.dataset);
  const found = blank ? { ...copy.fields, ...copy.when } : copy.unsent;
  const newer = {};
  for (const field in found) {
    const at = found[field];
    if (when[field] && !(at[1] > when[field][1])) continue;
    newer[field] = copy.fields[field] || "";
    if (at.map || !copy.when) unsent[field] = when[field] = at; // else it came from the server
  }
  if (blank) order = copy.order;
  if (copy.seen > seen) seen = copy.seen;
  fill(newer);
  if (at === review) list();
};

const bytes = (text) => new TextEncoder().encode(text);

const derive = async (link) => {
  const from = await crypto.subtle.importKey("raw", bytes(link), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: bytes(""), info: bytes("svar draft") }, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
};
const key = () => made || (made = derive(link));

// what is newer stays, also when the older was longer on its way
let turn = 0;
let newest = 0;
const keep = async () => {
  const mine = ++turn;
  try {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const content = bytes(JSON.stringify({ fields: fields(), unsent, seen, when, order }));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), content));
    if (await look()) return keep();
    if (mine > newest) {
      localStorage.setItem(name, (last = btoa(String.fromCharCode(...iv, ...sealed))));
      newest = mine;
    }
    return true;
  } catch (_) {
    // a browser that keeps nothing
  }
};

// another tab of this browser keeps what is answered there in the same place: it comes along before it is written over
let last;
const look = async () => {
  const there = localStorage[name];
  if (there === last) return;
  const copy = await kept(name, key());
  if (copy) take(copy);
  last = there;
  return true;
};

const kept = async (name, key) => {
  try {
    const raw = Uint8Array.from(atob(localStorage[name]), (sign) => sign.charCodeAt(0));
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: raw.slice(0, 12) }, await key, raw.slice(12));
    return await new Response(opened).json();
  } catch (_) {
    // nothing was kept, or not with this key
  }
};

// ---- sending: drafts as answers are given, and at last the whole

const line = $("saved");
const say = (kind, time) => {
  line.className = time ? "kept" : "care";
  line.textContent = line.dataset[kind].replace("{t}", time);
};

// a line may take a request and never answer it: whoever waits gives up, and the phone keeps what was to be sent
// whoever stands between may answer in our name, a portal or a gateway: what is ours names this link and leads nowhere else
// (nor is a redirect followed: Chromium never lets go of a connection whose redirect our policy forbids)
const request = async (address, how, seconds) => {
  const limit = new AbortController();
  setTimeout(() => limit.abort(), 1000 * seconds);
  const answer = await fetch(address, { ...how, signal: limit.signal, redirect: "manual" });
  if (answer.headers.get("svar") !== name) throw 0;
  return answer;
};

const told = (of) => JSON.stringify([order, Date.now(), of, me]);

const post = (controls, body) => {
  const content = new URLSearchParams(controls);
  if (form._key) content.set("_key", form._key.value);
  for (const field in body) content.set(field, value(field));
  // no browser sends more than 64 KiB of a page that is left
  return request(location.href, { method: "POST", body: content, keepalive: !String(content)[6e4], headers: { Accept: "application/json" } }, 8);
};

// what could not be sent is sent again, less often each time, and at once when there is a line or she comes back
let wait = 1000;
let bell;
const again = () => (wanted ? submit() : recover().then(sync));
const later = () => {
  clearTimeout(bell);
  bell = setTimeout(again, (wait = Math.min(2 * wait, 60000)));
};

// what this phone kept under another link of the same visit, which was replaced before it could be sent
let recovered = false;
const recover = async () => {
  try {
    const others = Object.keys(localStorage).filter((other) => other !== name && ours(other));
    if (recovered || !others.length) return;
    const { links } = await (await post({ _act: "links" })).json();
    recovered = true;
    for (const other of others) {
      const opener = links.find((one) => other === "svar:" + one.slice(0, 12));
      const copy = opener && (await kept(other, derive(opener)));
      if (!copy) continue;
      take(copy);
      await keep();
      localStorage.removeItem(other);
      await keep(); // if there was no room before, there is now
      show(at);
    }
  } catch (_) {
    later();
  }
};

// a field that could not be kept is named where it is; the others were kept
const pointOut = (errors) => questions.forEach((q) => inputs(q).forEach((input) => {
  if (!errors[input.name]) return;
  const sentence = all(".error", q)[0] || document.createElement("p");
  sentence.className = "error";
  sentence.setAttribute("role", "alert");
  sentence.textContent = errors[input.name];
  all("legend", q)[0].after(sentence);
}));

const sync = async () => {
  if (sending || !Object.keys(unsent).length) return;
  sending = true;
  const batch = { ...unsent };
  try {
    const answer = await post({ _act: "draft", _told: told(batch) }, batch);
    if (/409|410/.test(answer.status)) return location.reload();
    if (!answer.ok) throw 0;
    const { saved, errors, came, newer } = await answer.json();
    for (const field in batch) if (unsent[field] === batch[field]) delete unsent[field];
    order = came;
    // what was answered later on another phone, unless it is changed here just now
    for (const field in newer) if (!unsent[field]) fill({ [field]: newer[field] });
    if (errors) pointOut(errors);
    if (newer || (errors && at === review)) show(at);
    await keep();
    failed = false;
    wait = 1000;
    if (!Object.keys(unsent).length) say("server", saved);
  } catch (_) {
    failed = true;
    say((await keep()) ? "phone" : "nowhere");
    later();
  }
  sending = false;
  if (!failed && Object.keys(unsent).length) sync();
};

let typing;
const changed = (input) => {
  const field = input.name;
  if (!field || field[0] === "_") return;
  all(".error", input.closest("fieldset")).forEach((told) => told.remove());
  if (input.type === "checkbox" && input.checked) {
    all("[type=checkbox]", input.closest("fieldset")).forEach((other) => {
      if (other !== input && other.checked && ("none" in input.dataset || "none" in other.dataset)) {
        other.checked = false;
        changed(other);
      }
    });
  }
  resumed = true;
  unsent[field] = when[field] = [order, Date.now()];
  line.className = line.textContent = ""; // what it said holds no more
  keep();
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const safe = await keep();
    if (failed) say(safe ? "phone" : "nowhere");
    sync();
  }, ticked(input) ? 0 : 400);
};

let wanted = false;
const submit = async () => {
  if ($("next").disabled) return;
  wanted = $("next").disabled = true;
  notice();
  await keep();
  try {
    const body = {};
    for (const [field] of new FormData(form)) if (field[0] !== "_") body[field] = 1;
    const answer = await post({ _act: "submit", _mode: value("_mode") || "self", _asked: "1", _shown: seen, _told: (form._told.value = told(when)) }, body);
    wanted = false;
    if (answer.ok) {
      unsent = {};
      location.replace((await answer.json()).received); // first: where the browser shuts the store, the next line ends here
      localStorage.removeItem(name);
    } else if (answer.status < 500) {
      form.submit();
    } else throw 0;
  } catch (_) {
    wanted = at === review;
    say((await keep()) ? "phone" : "nowhere");
    later();
  }
  $("next").disabled = false;
};

// ---- one question at a time

// the first screen comes before the first question, the review after the last
let at = -1;
const askedOnce = new Set();
const review = questions.length;

const step = (from, by) => {
  do from += by;
  while (questions[from] && !asked(questions[from]));
  return from;
};

const painted = (then) => requestAnimationFrame(() => setTimeout(then));

// only what leaves and what comes is touched, so that a long visit is as quick as a short one
let on = [$("start")];
let since = 0;
const show = (to, push) => {
  at = to;
  wanted = false;
  notice();
  const q = questions[at];
  conditional.forEach((one) => (one.disabled = !asked(one)));
  on.forEach((one) => one.classList.remove("on"));
  on = q ? [q, q.parentElement] : [$(at < 0 ? "start" : "send")];
  on.forEach((one) => one.classList.add("on"));
  if (q && q.classList.contains("vas")) slider(inputs(q)[0]);
  // a page that was kept since another day does not know how late it is: the server does
  if (q) all("[data-on]", q).forEach((box) => box.dataset.on < new Date().toLocaleDateString("sv") && box.removeAttribute("max"));
  const shown = questions.filter(asked);
  root.classList.toggle("under-way", at >= 0);
  form.dispatchEvent(new Event("shown"));
  const number = at === review ? shown.length : shown.indexOf(q) + 1;
  $("where").textContent = at === review ? "" : $("where").dataset.text.replace("{n}", number).replace("{t}", shown.length);
  all("#bar i")[0].style.width = (100 * number) / shown.length + "%";
  const next = $("next");
  next.textContent = next.dataset[at < 0 ? (resumed ? "resume" : "start") : at === review ? "send" : "next"];
  $("back").hidden = at < 0;
  $("ask").textContent = "";
  if (at === review) list();
  if (push) history.pushState({ at }, "");
  if (push !== undefined) {
    scrollTo(0, 0);
    const heading = at < 0 ? $("title") : all("legend, h2", on[0])[0];
    heading.tabIndex = -1;
    heading.focus();
  }
  // a slow phone shows it later than its script is done with it: until then nobody has looked
  since = Infinity;
  painted(() => (since = performance.now()));
};

// a second tap that was meant for the screen before, or a key held down, chooses and sends nothing
const hasty = (event) => {
  if (event.type === "keydown" ? event.repeat && event.key === "Enter" && event.target.type !== "textarea" : performance.now() - since < 700) {
    event.preventDefault();
    event.stopPropagation();
  }
};

// a date as people say it: "Thursday 14 May 2026"
const said = (box) => {
  const [year, month, day] = box.value.split("-");
  const names = box.dataset.names.split("|");
  const parts = { EEEE: names[new Date(box.value).getUTCDay()], d: +day, MMMM: names[6 + +month], y: year };
  return box.dataset.said.replace(/EEEE|d|MMMM|y/g, (part) => parts[part]);
};

const word = (input) =>
  input.closest(".row") ? input.closest(".row").firstElementChild.textContent + ": " + input.nextElementSibling.textContent
  : ticked(input) ? input.nextElementSibling.textContent
  : input.dataset.said ? said(input)
  : input.value.trim() + " " + (input.dataset.unit || "");
const answers = (q) => inputs(q).filter(given).map(word).join(", ");

const list = () => {
  const place = $("review");
  place.textContent = "";
  questions.forEach((q, i) => {
    if (!asked(q)) return;
    const row = document.createElement("div");
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    const change = document.createElement("button");
    term.textContent = title(q);
    said.textContent = answers(q) || place.dataset.empty;
    said.append(...all(".error", q).map((told) => told.cloneNode(true)));
    if (!answered(q)) said.className = "empty";
    change.type = "button";
    change.className = "quiet";
    change.textContent = place.dataset.change;
    change.setAttribute("aria-label", change.textContent + ": " + term.textContent);
    change.onclick = () => show(i, true);
    const act = document.createElement("dd");
    act.append(change);
    row.append(term, said, act);
    place.append(row);
  });
};

// an empty question is asked about once; a number that cannot be is asked about until it can
const forward = () => {
  const q = questions[at];
  if (at === review) return submit();
  if (q) {
    const ask = $("ask").dataset;
    const empty = !answered(q);
    if (wrong(q)) return void ($("ask").textContent = inputs(q)[0].dataset.wrong || ask.wrong);
    if (empty && !("optional" in q.dataset) && (ask.must || !askedOnce.has(q))) {
      askedOnce.add(q);
      return void ($("ask").textContent = ask.must || ask.empty);
    }
  } else {
    post({ _act: "start" }).catch(() => 0);
    rest();
    const open = questions.findIndex((one) => asked(one) && !answered(one));
    if (Object.keys(fields()).length) return show(open < 0 ? review : open, true);
  }
  show(step(at, 1), true);
};

// the page itself, without answers, for opening it again where there is no network; not what asks who she is, for that
// is looked at by us, and a PIN would be typed for whoever answers instead
const rest = async () => {
  try {
    if (form._key) return;
    await navigator.serviceWorker.register("/a/worker.js", { scope: "/a/" });
    const answer = await request(path + "?blank=1" + location.search.replace("?", "&"), {}, 30);
    if (answer.ok) (await caches.open("svar")).put(path, answer);
  } catch (_) {
    // it opens with a network alone
  }
};

// ---- a visual analogue scale to tap, drag or move with keys, beside the box; nothing is chosen at first

const slider = (box) => {
  const scale = box.closest("fieldset").querySelector(".scale");
  if (scale.querySelector(".slider")) return;
  const pole = document.createElement("div");
  const low = +box.dataset.low;
  const high = +box.dataset.high;
  const place = (number) => (100 * (number - low)) / (high - low) + "%";
  const middle = Math.round((low + high) / 2);
  const say = (said) => {
    for (const what in said) pole.setAttribute("aria-" + what, said[what]);
  };
  const marks = all("li", scale);
  const knob = document.createElement("i");
  const set = (number) => {
    box.value = Math.max(low, Math.min(high, Math.round(number)));
    draw();
    changed(box);
  };
  const draw = () => {
    const number = typed(box.value);
    const chosen = number >= low && number <= high;
    const mark = marks.find((one) => +one.dataset.at === number);
    knob.hidden = !chosen;
    knob.style.bottom = chosen ? place(number) : 0;
    say({ valuenow: chosen ? number : middle, valuetext: !chosen ? $("ask").dataset.untouched : mark ? mark.textContent : number });
  };
  const move = (event) => {
    const frame = pole.getBoundingClientRect();
    set(low + ((high - low) * (frame.bottom - event.clientY)) / frame.height);
  };
  pole.className = "slider";
  pole.tabIndex = 0;
  say({ orientation: "vertical", valuemin: low, valuemax: high, label: title(box.closest("fieldset")) });
  pole.setAttribute("role", "slider");
  marks.forEach((mark) => (mark.style.bottom = place(mark.dataset.at)));
  pole.append(...all(".marks", scale), knob);
  pole.onpointerdown = (event) => {
    pole.setPointerCapture(event.pointerId);
    pole.onpointermove = move;
    move(event);
  };
  pole.onpointerup = pole.onpointercancel = () => (pole.onpointermove = null);
  pole.onkeydown = (event) => {
    const far = Math.ceil((high - low) / 10);
    const by = {
      ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: far, PageDown: -far,
      Home: -Infinity, End: Infinity, " ": 0, Enter: 0,
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const at = typed(box.value);
    set(isNaN(at) ? (isFinite(by) ? middle : by) : at + by);
  };
  box.addEventListener("input", draw);
  scale.lastElementChild.before(pole);
  draw();
};

// ---- begin: when the first screen stands; whoever was quicker is let through then

let begun = false;
let early = false;
const go = () => (begun ? forward() : (early = true));

const begin = async () => {
  await look().catch(() => 0);
  form.addEventListener("input", (event) => changed(event.target));
  $("back").onclick = () => show(step(at, -1), true);
  // where there is no state, a question that the list of errors names
  addEventListener("popstate", (event) => show(event.state ? event.state.at : questions.findIndex((q) => "#" + q.id === location.hash), false));
  ["click", "keydown", "pointerdown"].forEach((kind) => addEventListener(kind, hasty, true));
  new MutationObserver(notice).observe(root, { attributeFilter: ["class", "lang"] });
  addEventListener("storage", look);
  addEventListener("online", again);
  addEventListener("visibilitychange", again);
  addEventListener("pagehide", sync);
  all("header a").forEach((other) => (other.onclick = async (event) => {
    if (!Object.keys(unsent).length) return;
    event.preventDefault();
    await keep();
    location = other.href;
  }));
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  show(questions.findIndex((q) => all(".error", q)[0]));
  history.replaceState({ at }, "");
  recover().then(sync);
  begun = true;
  if (early) forward();
};

if (form) {
  $("next").onclick = go;
  form.addEventListener("submit", (event) => {
    form._told.value = told(when); // of what the browser sends by itself
    if (event.submitter && event.submitter.value !== "submit") return;
    event.preventDefault();
    go();
  });
  painted(() => begin().catch(() => (root.className = "")));
}
})();
