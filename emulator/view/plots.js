"use strict";
// Plots over time: all share the ticks that are seen and the tick that is looked at.

const COLOURS = {both: "#333333", first: "#2166ac", second: "#d6404e", now: "#888888", difference: "#e08a00"};
const LINES = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999933", "#332288"];
const shown = JSON.parse(document.getElementById("contents").textContent);
const time = {from: shown.first - 1, to: shown.last + 1, now: shown.difference ? shown.difference.tick : shown.last, plots: [], watchers: []};

// An array out of the page: {type, data}. Unpacked when it is first asked for.
function values(packed) {
  if (!packed.values) {
    const text = atob(packed.data), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const kind = {uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array,
      float64: Float64Array}[packed.type];
    packed.values = new kind(bytes.buffer);
    packed.data = null;
  }
  return packed.values;
}

// The first place in ascending numbers that is not below x.
function place(numbers, x) {
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < x) low = middle + 1; else high = middle;
  }
  return low;
}

function make(parent, name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

function see(from, to) {
  const wide = Math.max(to - from, 2), least = shown.first - 1, most = shown.last + 1;
  time.from = Math.max(least, Math.min(from, most - wide));
  time.to = Math.min(most, time.from + wide);
  for (const plot of time.plots) if (plot.scales.x.min !== time.from || plot.scales.x.max !== time.to)
    plot.setScale("x", {min: time.from, max: time.to});
}

function lookAt(tick) {
  time.now = Math.max(shown.first, Math.min(shown.last, Math.round(tick)));
  for (const plot of time.plots) plot.redraw(false);
  for (const watcher of time.watchers) watcher();
}

function vertical(plot, tick, colour, width) {
  if (tick < time.from || tick > time.to) return;
  const x = Math.round(plot.valToPos(tick, "x", true)), {top, height} = plot.bbox;
  plot.ctx.save();
  plot.ctx.setLineDash([]);
  plot.ctx.strokeStyle = colour;
  plot.ctx.lineWidth = width * devicePixelRatio;
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, top);
  plot.ctx.lineTo(x, top + height);
  plot.ctx.stroke();
  plot.ctx.restore();
}

// A plot whose x are ticks. `draw(plot)` paints under the marks; `click(tick, y)` is told of clicks.
function plotted(parent, title, height, data, series, {y = {}, draw = () => {}, click = () => {}, drag = {x: true, y: false}} = {}) {
  const box = make(parent, "div", undefined, {class: "plot"});
  make(box, "h2", title);
  let pressed = null;
  const options = {
    width: Math.max(300, parent.clientWidth), height, series: [{}, ...series],
    padding: [6, 28, 0, 0], legend: {show: false}, cursor: {drag: {...drag, uni: 20}, points: {show: false}},
    scales: {x: {time: false, range: () => [time.from, time.to], auto: false}, y},
    axes: [{size: 28, values: (_, ticks) => ticks.map(tick => Number.isInteger(tick) ? tick.toLocaleString("en") : "")}, {size: 72}],
    hooks: {
      draw: [plot => {
        draw(plot);
        vertical(plot, time.now, COLOURS.now, 1);
        if (shown.difference) vertical(plot, shown.difference.tick, COLOURS.difference, 2);
      }],
      setSelect: [plot => {
        const {left, width, top, height: tall} = plot.select;
        if (drag.y && tall > 4) plot.setScale("y", {min: plot.posToVal(top + tall, "y"), max: plot.posToVal(top, "y")});
        if (width > 4) see(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
        plot.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
      }],
      ready: [plot => {
        plot.over.addEventListener("mousedown", event => { pressed = [event.clientX, event.clientY]; });
        plot.over.addEventListener("mouseup", event => {
          if (!pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 4) return;
          const {left, top} = plot.over.getBoundingClientRect();
          click(Math.round(plot.posToVal(event.clientX - left, "x")), plot.posToVal(event.clientY - top, "y"));
          lookAt(plot.posToVal(event.clientX - left, "x"));
        });
        plot.over.addEventListener("wheel", event => {
          event.preventDefault();
          const at = plot.posToVal(event.clientX - plot.over.getBoundingClientRect().left, "x");
          const factor = Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200)));
          see(at - (at - time.from) * factor, at + (time.to - at) * factor);
        }, {passive: false});
        plot.over.addEventListener("dblclick", () => see(shown.first - 1, shown.last + 1));
      }],
    },
  };
  options.cursor.drag.setScale = false;
  const plot = new uPlot(options, data, box);
  time.plots.push(plot);
  return {plot, box};
}

function removed({plot, box}) {
  time.plots.splice(time.plots.indexOf(plot), 1);
  plot.destroy();
  box.remove();
}

// Spikes as points: pixels are set one by one in an image, which is quick for millions.
function raster(parent, spikes, click) {
  let pixels = null;
  const ticks = values(spikes.ticks);
  const draw = plot => {
    const {left, top, width, height} = plot.bbox, {min, max} = plot.scales.y;
    if (!pixels || pixels.width !== width || pixels.height !== height) pixels = new ImageData(width, height);
    const image = new Uint32Array(pixels.data.buffer).fill(0);
    const across = width / (time.to - time.from), up = height / (max - min);
    const wide = Math.max(1, Math.min(8, Math.floor(across * 0.8))), tall = Math.max(1, Math.min(8, Math.floor(up * 0.8)));
    const begin = place(ticks, time.from), end = place(ticks, time.to + 1);
    for (const part of spikes.parts) {
      const starts = values(part.starts), sources = values(part.sources);
      const colour = 0xff000000 | parseInt(COLOURS[part.whose].slice(1).replace(/(..)(..)(..)/, "$3$2$1"), 16);
      for (let k = begin; k < end; k++) {
        const x0 = Math.max(0, Math.floor((ticks[k] - time.from) * across - wide / 2)), x1 = Math.min(width, x0 + wide);
        for (let e = starts[k]; e < starts[k + 1]; e++) {
          const y = Math.floor((max - sources[e]) * up - tall / 2);
          for (let row = Math.max(0, y); row < Math.min(height, y + tall); row++)
            for (let x = x0; x < x1; x++) image[row * width + x] = colour;
        }
      }
    }
    scratch.width = width;
    scratch.height = height;
    scratch.getContext("2d").putImageData(pixels, 0, 0);
    plot.ctx.drawImage(scratch, left, top);
  };
  const count = spikes.parts.reduce((sum, part) => sum + part.count, 0);
  const title = `${spikes.name}: ${count.toLocaleString("en")} spikes of ${spikes.size.toLocaleString("en")}`;
  const tall = Math.max(110, Math.min(300, 40 + 6 * spikes.size));
  let range = [-0.5, spikes.size - 0.5];
  const y = {auto: false, range: (_, min, max) => min === null ? range : [min, max]};
  const made = plotted(parent, title, tall, [[shown.first, shown.last], [null, null]], [{}],
    {y, draw, drag: {x: true, y: true}, click: (tick, at) => click(tick, Math.max(0, Math.min(spikes.size - 1, Math.round(at))))});
  made.plot.setScale("y", {min: range[0], max: range[1]});
  made.plot.over.addEventListener("dblclick", () => made.plot.setScale("y", {min: range[0], max: range[1]}));
  return made;
}
const scratch = document.createElement("canvas");

// Spikes a tick and source, in as many bins as the plot has room for.
function rates(parent, all) {
  const bins = Math.min(150, shown.last - shown.first + 1), wide = (shown.last - shown.first + 1) / bins;
  const x = Array.from({length: bins}, (_, b) => shown.first + (b + 0.5) * wide - 0.5);
  const lines = all.map(spikes => {
    const ticks = values(spikes.ticks), sums = new Float64Array(bins);
    for (const part of spikes.parts) if (part.whose !== "second") {
      const starts = values(part.starts);
      for (let k = 0; k < ticks.length; k++) sums[Math.min(bins - 1, Math.floor((ticks[k] - shown.first) / wide))] += starts[k + 1] - starts[k];
    }
    return Array.from(sums, sum => 100 * sum / wide / spikes.size);
  });
  const series = all.map((_, n) => ({stroke: LINES[n % LINES.length], width: 1.5, points: {show: false}}));
  const made = plotted(parent, "rates: % of the population that spikes in a tick", 130, [x, ...lines], series);
  const title = made.box.querySelector("h2");
  all.forEach((spikes, n) => {
    make(title, "span", undefined, {class: "key", style: `background: ${LINES[n % LINES.length]}`});
    title.append(spikes.name);
  });
}
