let scene = '';

/** Says what is measured now: on a terminal only, in one line that is written over. */
export function progress(text) {
  if (!process.stderr.isTTY) return;
  process.stderr.write(text === '' ? '\r\x1b[2K' : `\r\x1b[2K${scene} ${text}`.slice(0, 110));
}

export function progressIn(name) {
  scene = name;
  progress(' ');
}
