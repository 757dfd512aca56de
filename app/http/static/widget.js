// Puts Footnote on a page: a button at the corner that opens the questions in a frame.
// <script src="https://docs.example.org/widget.js" data-title="Ask the handbook" async></script>
(() => {
  const script = document.currentScript;
  const { title = 'Ask the documents' } = script.dataset;
  const source = new URL('widget', script.src);
  source.searchParams.set('title', title);
  const button = document.createElement('button');
  const frame = document.createElement('iframe');
  const corner = 'position:fixed;right:16px;z-index:2147483000;';
  button.type = 'button';
  button.textContent = title;
  button.setAttribute('aria-expanded', 'false');
  button.style.cssText = `${corner}bottom:16px;padding:12px 18px;border:0;border-radius:999px;`
    + 'font:600 15px system-ui,sans-serif;color:#fff;background:#0f5f5c;cursor:pointer;'
    + 'box-shadow:0 4px 18px rgb(0 0 0/.25)';
  frame.title = title;
  frame.hidden = true;
  frame.style.cssText = `${corner}bottom:72px;width:min(400px,calc(100vw - 32px));`
    + 'height:min(600px,calc(100vh - 96px));border:1px solid #8884;border-radius:14px;'
    + 'background:#fff;box-shadow:0 10px 40px rgb(0 0 0/.25)';
  const open = (shown) => {
    if (shown && !frame.src) frame.src = source.href; // nothing is loaded before it is wanted
    frame.hidden = !shown;
    button.setAttribute('aria-expanded', String(shown));
    if (shown) frame.focus();
    else button.focus();
  };
  button.addEventListener('click', () => open(frame.hidden));
  window.addEventListener('message', (event) => {
    if (event.source === frame.contentWindow && event.data === 'footnote-close') open(false);
  });
  document.body.append(frame, button);
})();
