"use strict";
// What is where, and what is chosen: a layer, a neuron and a row of it, a tick.

const at = id => document.getElementById(id);
const chosen = {layer: shown.layers[0], neuron: 0, row: 0};
const MOST_LINES = 64;
let open = [], drawFields = () => {};

at("made").textContent = Object.entries(shown.made).map(([key, value]) => `${key}: ${value}`).join("; ");
at("omitted").textContent = shown.omitted.join("; ");
if (shown.compared) {
  at("difference").className = shown.difference ? "difference" : "equal";
  at("difference").textContent = shown.difference ? `different at ${shown.difference.text}` : "the two recordings are equal";
  for (const [whose, text] of [["both", "in both"], ["first", "only in the first"], ["second", "only in the second"]]) {
    make(at("made"), "span", undefined, {class: "key", style: `background: ${COLOURS[whose]}`});
    at("made").append(text);
  }
}

function layerOf(name) {
  const dot = name.lastIndexOf(".");
  return shown.layers.find(layer => layer.name === name.slice(0, Math.max(dot, 0)));
}

// The layer, row and neuron of the first difference.
function differing() {
  const {variable, index} = shown.difference, layer = layerOf(variable);
  const kind = variable.slice(variable.lastIndexOf(".") + 1);
  const places = index.length === 2 ? ["row", "neuron"] : kind === "pre_spikes" || kind === "x" ? ["row"] : ["neuron"];
  return {...(layer && {layer}), ...Object.fromEntries(index.map((n, k) => [places[k], n]))};
}

// The source that spikes most often.
function busiest(layer, kind) {
  const spikes = shown.spikes.find(each => layerOf(each.name) === layer && each.name.endsWith(kind));
  if (!layer || !spikes) return 0;
  const counts = new Uint32Array(spikes.size);
  for (const part of spikes.parts) for (const source of values(part.sources)) counts[source]++;
  return counts.indexOf(Math.max(...counts));
}

function lines(trace, packed, n) {
  const all = values(packed), records = values(trace.ticks).length;
  return Array.from(all.subarray(n * records, (n + 1) * records));
}

// A trace of one neuron (x: of the row) with the second recording's over it.
function tracePlot(layer, trace, n) {
  const whose = trace.name === "x" ? "row" : "neuron";
  if (n >= trace.shown) {
    make(at("neuron"), "p", `${trace.name} of ${whose} ${n} is not in this page`, {class: "note"});
    return;
  }
  const x = Array.from(values(trace.ticks)), data = [x, lines(trace, trace.first, n)];
  const series = [{stroke: COLOURS.first, width: 1.5, points: {show: false}}];
  if (trace.second && values(trace.second_ticks).length === x.length) {
    data.push(lines(trace, trace.second, n));
    series.push({stroke: COLOURS.second, width: 1, dash: [4, 3], points: {show: false}});
  }
  const gated = trace.name === "s" && layer.gate;
  if (gated) for (const threshold of layer.gate) {
    data.push(x.map(() => threshold));
    series.push({stroke: "#1b7a3d", width: 1, dash: [2, 4], points: {show: false}});
  }
  // where the gate is open, the ground is green
  const draw = plot => {
    if (!gated) return;
    const {top, height} = plot.bbox, s = data[1];
    plot.ctx.fillStyle = "rgba(27, 122, 61, .12)";
    for (let k = Math.max(0, place(x, time.from)); k < x.length && x[k] <= time.to; k++)
      if (layer.gate[0] < s[k] && s[k] < layer.gate[1]) {
        const left = plot.valToPos(x[k] - 0.5, "x", true);
        plot.ctx.fillRect(left, top, plot.valToPos(x[k] + 0.5, "x", true) - left, height);
      }
  };
  const title = `${trace.name} of ${whose} ${n}` + (gated ? "; green: its gate is open" : "");
  open.push(plotted(at("neuron"), title, 105, data, series, {draw}));
}

function rowPlot(layer) {
  const hidden = layer.hidden, all = values(hidden.first), x = Array.from(values(hidden.ticks));
  const neurons = Array.from({length: Math.min(hidden.post, MOST_LINES)}, (_, j) => j).filter(j => j !== chosen.neuron);
  if (chosen.neuron < hidden.post) neurons.push(chosen.neuron);
  const of = (numbers, j) => x.map((_, k) => numbers[(k * hidden.pre + chosen.row) * hidden.post + j]);
  const data = [x, ...neurons.map(j => of(all, j))];
  const series = neurons.map(j => j === chosen.neuron ? {stroke: COLOURS.first, width: 2.5, points: {show: x.length < 3}}
    : {stroke: LINES[j % LINES.length] + "77", width: 1, points: {show: x.length < 3}});
  if (hidden.second && chosen.neuron < hidden.post) {
    data.push(of(values(hidden.second), chosen.neuron));
    series.push({stroke: COLOURS.second, width: 1.5, dash: [4, 3], points: {show: false}});
  }
  const many = hidden.post > MOST_LINES ? `, the first ${MOST_LINES} of ${hidden.post}` : "";
  const y = {range: [-0.02 * hidden.full, 1.02 * hidden.full]};
  open.push(plotted(at("row"), `${hidden.name} of row ${chosen.row}: a line for each neuron${many}; thick: neuron ${chosen.neuron}`, 200, data, series, {y}));
}

// All that depends on the layer, the neuron or the row.
function choose(changes) {
  Object.assign(chosen, changes);
  const layer = chosen.layer;
  for (const one of open) removed(one);
  open = [];
  at("neuron").replaceChildren();
  at("row").replaceChildren();
  if (!layer) return;
  const sizes = layer.traces.filter(trace => trace.name !== "x").map(trace => trace.size);
  const post = Math.max(0, ...sizes, layer.hidden ? layer.hidden.post : 0);
  const pre = Math.max(0, ...layer.traces.filter(trace => trace.name === "x").map(trace => trace.size), layer.hidden ? layer.hidden.pre : 0);
  chosen.neuron = Math.min(chosen.neuron, Math.max(0, post - 1));
  chosen.row = Math.min(chosen.row, Math.max(0, pre - 1));
  const form = make(at("neuron"), "p");
  if (shown.layers.length > 1) {
    const select = make(make(form, "label", "population "), "select", undefined, {id: "layer"});
    for (const each of shown.layers) make(select, "option", each.name);
    select.value = layer.name;
    select.addEventListener("change", () => choose({layer: shown.layers.find(each => each.name === select.value)}));
  }
  for (const [name, size] of [["neuron", post], ["row", pre]]) if (size) {
    const input = make(make(form, "label", ` ${name} `), "input", undefined,
      {type: "number", id: `chosen-${name}`, min: 0, max: size - 1, value: chosen[name]});
    input.addEventListener("change", () => choose({[name]: Math.max(0, Math.min(size - 1, Math.round(Number(input.value))))}));
  }
  for (const trace of layer.traces) tracePlot(layer, trace, trace.name === "x" ? chosen.row : chosen.neuron);
  if (layer.hidden) rowPlot(layer);
  drawFields = fields(at("fields"), layer, () => chosen.neuron, neuron => choose({neuron}));
}

for (const spikes of shown.spikes) {
  const layer = layerOf(spikes.name);
  raster(at("rasters"), spikes, (tick, source) => {
    if (!layer) return;
    choose({layer, ...(spikes.name.endsWith("pre_spikes") ? {row: source} : {neuron: source})});
  });
}
if (shown.spikes.length) rates(at("rates"), shown.spikes);
film(at("film"), shown.spikes);
choose({row: busiest(chosen.layer, "pre_spikes"), neuron: busiest(chosen.layer, "post_spikes"), ...(shown.difference && differing())});
time.watchers.push(() => {
  at("tick").value = time.now;
  at("at").textContent = `tick ${time.now.toLocaleString("en")}`;
  drawFields();
});

Object.assign(at("tick"), {min: shown.first, max: shown.last, value: time.now});
at("tick").addEventListener("input", () => lookAt(Number(at("tick").value)));
at("whole").addEventListener("click", () => see(shown.first - 1, shown.last + 1));
if (shown.difference) {
  at("go").hidden = false;
  at("go").addEventListener("click", () => {
    choose(differing());
    see(shown.difference.tick - 50, shown.difference.tick + 50);
    lookAt(shown.difference.tick);
  });
}

let playing = null;
at("play").addEventListener("click", () => {
  playing = playing === null ? performance.now() : null;
  at("play").textContent = playing === null ? "play" : "pause";
  if (playing !== null) requestAnimationFrame(step);
});
function step(now) {
  if (playing === null) return;
  const ticks = Math.floor((now - playing) / 1e3 * Number(at("speed").value));
  if (ticks > 0) {
    playing = now;
    lookAt(time.now >= shown.last ? shown.first : time.now + ticks);
  }
  requestAnimationFrame(step);
}

addEventListener("resize", () => {
  for (const plot of time.plots) plot.setSize({width: Math.max(300, at("rasters").clientWidth), height: plot.height});
});
lookAt(time.now);
// when all is drawn (uPlot draws in a microtask); milliseconds since the page was asked for
queueMicrotask(() => { document.body.dataset.drawn = performance.now().toFixed(0); });
