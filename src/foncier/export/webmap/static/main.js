'use strict';
/* Unpack the data where they are packed, then run the page: its text is in the file, under the
   policy's fingerprint, and waits for its data. */

/** Run the script of the page. */
function runPage() {
  const script = document.createElement('script');
  script.textContent = document.getElementById('foncier-script').textContent;
  document.body.append(script);
}

/**
 * Inflate base64 of a zlib stream.
 * @param {string} packed
 * @returns {Promise<string>}
 */
function inflate(packed) {
  const letters = window.atob(packed);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new window.DecompressionStream('deflate'));
  return new Response(stream).text();
}

const holder = document.getElementById('foncier-data');
if (holder.type === 'application/json') {
  runPage();
} else if (!('DecompressionStream' in window)) {
  document.getElementById('too-old').hidden = false;
} else {
  inflate(holder.textContent).then((text) => {
    holder.textContent = text;
    runPage();
  });
}
