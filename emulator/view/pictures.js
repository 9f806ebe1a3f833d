"use strict";
// Pictures: the film of a population's spikes, and the learned fields.

const FILM_TICKS = 20;  // a spike fades away over so many ticks

// Spikes of sources that form a picture, at the tick that is looked at.
function film(parent, all) {
  const able = all.filter(spikes => spikes.shape);
  if (!able.length) return;
  make(parent, "h2", "film");
  const choice = make(parent, "select", undefined, {"aria-label": "spikes in the film"});
  able.forEach((spikes, n) => make(choice, "option", spikes.name, {value: n}));
  const canvas = make(parent, "canvas", undefined, {class: "film"}), context = canvas.getContext("2d");
  const note = make(parent, "p", undefined, {class: "note"});
  const draw = () => {
    const spikes = able[choice.value], shape = spikes.shape;
    const [height, width] = shape.slice(-2), size = height * width;
    const ticks = values(spikes.ticks), light = new Float32Array(spikes.size);
    const begin = place(ticks, time.now - FILM_TICKS + 1), end = place(ticks, time.now + 1);
    for (const part of spikes.parts) if (part.whose !== "second") {
      const starts = values(part.starts), sources = values(part.sources);
      for (let k = begin; k < end; k++) {
        const bright = 1 - (time.now - ticks[k]) / FILM_TICKS;
        for (let e = starts[k]; e < starts[k + 1]; e++) light[sources[e]] = Math.max(light[sources[e]], bright);
      }
    }
    canvas.width = width;
    canvas.height = height;
    const image = context.createImageData(width, height);
    const polar = shape.length === 3 && shape[0] === 2;
    for (let i = 0; i < size; i++) {
      const off = light[i], on = polar ? light[size + i] : off;  // polarity 0 is darker, 1 brighter
      image.data.set([255 * on, 255 * (polar ? 0.45 * (on + off) : on), 255 * off, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    note.textContent = `ticks ${Math.max(shown.first, time.now - FILM_TICKS + 1)} to ${time.now}` +
      (polar ? "; orange: brighter, blue: darker" : "");
  };
  choice.addEventListener("change", draw);
  time.watchers.push(draw);
  draw();
}

// The hidden weights of each neuron as a picture of its inputs; a click chooses the neuron.
function fields(parent, layer, chosen, choose) {
  parent.replaceChildren();
  const hidden = layer.hidden;
  if (!hidden || !hidden.shape) return () => {};
  make(parent, "h2", `learned fields (${hidden.name}) of ${layer.name || "the layer"}`);
  const canvas = make(parent, "canvas", undefined, {class: "fields"}), note = make(parent, "p", undefined, {class: "note"});
  const channels = hidden.shape.length === 3 ? hidden.shape[0] : 1, [height, width] = hidden.shape.slice(-2);
  const count = Math.min(hidden.post, 100), columns = Math.ceil(Math.sqrt(count * height / width)), tall = channels * height + 1;
  const wide = width + 1;
  canvas.width = columns * wide + 1;
  canvas.height = Math.ceil(count / columns) * tall + 1;
  const draw = () => {
    const all = values(hidden.first), ticks = values(hidden.ticks), size = height * width * channels;
    const record = Math.max(0, place(ticks, time.now + 1) - 1);
    const image = canvas.getContext("2d").createImageData(canvas.width, canvas.height);
    new Uint32Array(image.data.buffer).fill(0xffffffff);
    for (let j = 0; j < count; j++) {
      const left = (j % columns) * wide + 1, top = Math.floor(j / columns) * tall + 1;
      for (let i = 0; i < size; i++) {
        const grey = 255 - 255 * all[(record * hidden.pre + i) * hidden.post + j] / hidden.full;
        const at = 4 * ((top + Math.floor(i / width)) * canvas.width + left + i % width);
        image.data.set([grey, grey, grey, 255], at);
      }
      if (j === chosen()) for (let y = top - 1; y < top + tall; y++) for (let x = left - 1; x < left + wide; x++)
        if (y === top - 1 || y === top + tall - 1 || x === left - 1 || x === left + wide - 1)
          image.data.set([214, 64, 78, 255], 4 * (y * canvas.width + x));
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    note.textContent = `after tick ${ticks[record].toLocaleString("en")}; black is full scale` +
      (count < hidden.post ? `; the first ${count} of ${hidden.post.toLocaleString("en")} neurons` : "");
  };
  canvas.addEventListener("click", event => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * canvas.width / wide);
    const row = Math.floor((event.clientY - box.top) / box.height * canvas.height / tall);
    if (row * columns + column < count) choose(row * columns + column);
  });
  draw();
  return draw;
}
