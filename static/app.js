// Loaded before the first paint for the theme; the rest waits for the document. No eval, no inline code.
// Without it every page still reads, filters, sorts, exports and saves.
(() => {
  'use strict';
  const root = document.documentElement;
  const THEMES = ['system', 'light', 'dark'];

  // Storage may be forbidden; then preferences last as long as the page
  const kept = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(name, value); } catch { /* not kept */ } },
  };

  // Theme
  const theme = () => (THEMES.includes(kept.get('theme')) ? kept.get('theme') : 'system');
  const applyTheme = (name) => {
    if (name === 'system') delete root.dataset.theme;
    else root.dataset.theme = name;
  };
  const showTheme = () => {
    for (const button of document.querySelectorAll('[data-theme-switch]')) {
      button.hidden = false;
      button.textContent = `Theme: ${root.dataset.theme ?? 'system'}`;
    }
  };
  const nextTheme = () => {
    const name = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'system') + 1) % THEMES.length];
    kept.set('theme', name);
    applyTheme(name);
    showTheme();
    recolour();
  };
  applyTheme(theme());

  // Charts: Plotly drawn over the server's chart, in its geometry, when it comes near the screen
  const live = new Map();
  const CONFIG = { responsive: true, displayModeBar: false, displaylogo: false, showSendToCloud: false, plotlyServerURL: '' };
  let plotly;
  const loadPlotly = () => (plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = document.querySelector('meta[name=plotly]').content;
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  }));

  const palette = () => {
    const probe = document.createElement('span');
    probe.hidden = true;
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const colours = Object.fromEntries(['soft', 'ink', 'paper', 'edge', 'rule', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'].map((n) => [n, read(n)]));
    probe.remove();
    return colours;
  };
  const faint = (colour) => colour.replace('rgb(', 'rgba(').replace(')', ', .15)');

  const coloured = (spec) => {
    const colours = palette();
    const data = spec.data.map((trace) => {
      const colour = trace.meta.key ? colours[`c${trace.meta.key}`] : colours.soft;
      return {
        ...trace,
        marker: { ...trace.marker, color: colour, line: { width: 0 } },
        ...(trace.line && { line: { ...trace.line, color: colour } }),
        ...(trace.fill && { fillcolor: faint(colour) }),
      };
    });
    const clear = 'rgba(0,0,0,0)';
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: colours.soft };
    const layout = {
      ...spec.layout,
      paper_bgcolor: clear,
      plot_bgcolor: clear,
      font,
      separators: '.,',
      dragmode: false,
      hoverlabel: { bgcolor: colours.paper, bordercolor: colours.edge, font: { ...font, size: 13, color: colours.ink } },
      xaxis: { ...spec.layout.xaxis, spikecolor: colours.edge },
    };
    return [data, layout];
  };

  const specOf = async (figure) => {
    const block = figure.querySelector('script[type="application/json"]');
    if (block) return JSON.parse(block.textContent);
    const response = await fetch(figure.dataset.src, { headers: { Accept: 'application/json' } });
    if (!response.ok) throw new Error(`chart ${response.status}`);
    return response.json();
  };

  const enliven = async (figure) => {
    const plot = figure.querySelector('.plot');
    if (!plot || plot.querySelector('.live')) return;
    const place = document.createElement('div');
    place.className = 'live';
    place.ariaHidden = 'true'; // the server's drawing keeps its label, and the table its numbers
    plot.append(place);
    try {
      const [Plotly, spec] = await Promise.all([loadPlotly(), specOf(figure)]);
      if (!place.isConnected) return;
      await Plotly.newPlot(place, ...coloured(spec), CONFIG);
      live.set(place, spec);
      plot.dataset.live = '';
    } catch {
      place.remove(); // the server's chart stays
    }
  };

  const recolour = () => {
    for (const [place, spec] of live) window.Plotly.react(place, ...coloured(spec), CONFIG);
  };
  const sweep = () => {
    for (const place of live.keys()) {
      if (place.isConnected) continue;
      window.Plotly.purge(place);
      live.delete(place);
    }
  };
  const nearby = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      nearby.unobserve(entry.target);
      enliven(entry.target);
    }
  }, { rootMargin: '200px' });
  const watchCharts = () => {
    sweep();
    const drawn = 'figure.chart[data-src], figure.chart:has(> script[type="application/json"])';
    for (const figure of document.querySelectorAll(drawn)) nearby.observe(figure);
  };

  // Dialogs: buttons name theirs by command and commandfor, which older browsers do not know yet
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  };
  const clicked = (event) => {
    const { target } = event;
    if (!(target instanceof Element)) return;
    if (target.closest('[data-theme-switch]')) nextTheme();
    if (target.matches('[data-copy]')) copyWhole(target);
    if (target.matches('[data-print]')) print();
    const button = target.closest('[command=show-modal]');
    if (button && !('commandForElement' in button)) open(button.getAttribute('commandfor'));
    if (target.matches('dialog') && !('closedBy' in target)) target.close();
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(target)) menu.open = false;
    }
  };

  // Search: the pages are there already, typing leaves what fits; what the server finds stands above them
  const filterPalette = (dialog, words) => {
    const wanted = words.trim().toLowerCase();
    let found = dialog.querySelectorAll('#support-accounts-found a').length;
    for (const section of dialog.querySelectorAll(':scope > section')) {
      const area = section.querySelector('h3').textContent.toLowerCase();
      let here = 0;
      for (const link of section.querySelectorAll('a')) {
        link.hidden = !(link.firstChild.textContent.toLowerCase().includes(wanted) || area.includes(wanted));
        here += !link.hidden;
      }
      section.hidden = !here;
      found += here;
    }
    dialog.querySelector('[data-empty]').hidden = found > 0;
    for (const link of dialog.querySelectorAll('a')) link.removeAttribute('aria-selected');
    if (wanted) dialog.querySelector('a:not([hidden])')?.setAttribute('aria-selected', 'true');
  };
  const refilter = () => {
    const dialog = document.querySelector('dialog.palette[open]');
    if (dialog) filterPalette(dialog, dialog.querySelector('input').value);
  };
  const paletteKey = (event, dialog) => {
    const links = [...dialog.querySelectorAll('a:not([hidden])')];
    const chosen = links.findIndex((link) => link.ariaSelected === 'true');
    if (event.key === 'Enter' && event.target.matches('input')) {
      event.preventDefault();
      links[Math.max(chosen, 0)]?.click();
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    const next = links[(chosen + (event.key === 'ArrowDown' ? 1 : -1) + links.length) % links.length];
    for (const link of links) link.removeAttribute('aria-selected');
    next?.setAttribute('aria-selected', 'true');
    next?.scrollIntoView({ block: 'nearest' });
  };

  // A page that searches by itself takes the key of search; its rows are stepped through
  const search = () => {
    const field = document.querySelector('main [data-search]');
    if (field) field.select();
    else open('palette');
  };
  const step = (by) => {
    const links = [...document.querySelectorAll('main [data-rows] tbody tr')].map((row) => row.querySelector('a')).filter(Boolean);
    if (!links.length) return;
    const at = links.findIndex((link) => link.closest('tr').contains(document.activeElement));
    links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)].focus();
  };

  // Keys: ⌘K always; single keys unless switched off, and never while typing (WCAG 2.1.4)
  let afterG = -Infinity;
  const typing = (target) => target instanceof Element && target.closest('input, select, textarea, [contenteditable]');
  const singleKey = (event) => {
    if (event.timeStamp - afterG < 1500) {
      afterG = -Infinity;
      document.querySelector(`#palette a[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else if (event.key === 'g') afterG = event.timeStamp;
    else if (event.key === 't') nextTheme();
    else if (event.key === '/') { event.preventDefault(); search(); }
    else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
    else if (event.key === '?') open('keys');
  };
  const pressed = (event) => {
    const dialog = document.querySelector('dialog.palette[open]');
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      open('palette');
    } else if (dialog) paletteKey(event, dialog);
    else if (event.key === 'Escape') for (const menu of document.querySelectorAll('details.menu[open]')) menu.open = false;
    else if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return;
    else if (kept.get('single-keys') !== 'off' && !document.querySelector('dialog[open]')) singleKey(event);
  };

  // Copying figures copies every digit: one figure as plain text, rows of a table as columns
  const copied = (event) => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed || typing(event.target)) return;
    const range = selection.getRangeAt(0);
    const within = range.commonAncestorContainer;
    const figure = (within.nodeType === Node.TEXT_NODE ? within.parentElement : within).closest('[data-value]');
    const text = figure ? wholeFigure(figure, selection) : wholeRows(range.cloneContents());
    if (text === null) return;
    event.clipboardData.setData('text/plain', text);
    event.preventDefault();
  };
  const wholeFigure = (figure, selection) =>
    (selection.toString().trim() === figure.textContent.trim() ? figure.dataset.value : null);
  const wholeRows = (fragment) => {
    if (!fragment.querySelector('[data-value]') || !fragment.querySelector('tr')) return null;
    const cell = (one) => (one.dataset.value ?? one.querySelector('[data-value]')?.dataset.value ?? one.textContent.trim());
    return [...fragment.querySelectorAll('tr')].map((row) => [...row.cells].map(cell).join('\t')).join('\n');
  };

  // Addresses name what was chosen: what a filter leaves open stays out of them
  const sent = ({ target, formData }) => {
    if (target.method !== 'get') return;
    for (const name of new Set(formData.keys())) {
      const chosen = formData.getAll(name).filter((value) => value !== '');
      formData.delete(name);
      for (const value of chosen) formData.append(name, value);
    }
  };

  // What is shown once can be copied with one press
  const copyWhole = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = 'Copied';
    } catch { field.select(); }
  };

  // A file chosen beside a field is read into it: nothing is sent that was not seen
  const read = async (input) => {
    const field = document.getElementById(input.closest('[data-reads]')?.dataset.reads);
    const [file] = input.files ?? [];
    if (field && file) field.value = (await file.slice(0, field.maxLength).text()).trim();
  };

  const start = () => {
    showTheme();
    for (const place of document.querySelectorAll('[data-reads]')) place.hidden = false;
    for (const button of document.querySelectorAll('[data-copy]')) button.hidden = !navigator.clipboard;
    for (const button of document.querySelectorAll('[data-print]')) button.hidden = false;
    for (const toast of document.querySelectorAll('.toast[data-shown]')) toast.showPopover?.();
    watchCharts();
    const keys = document.getElementById('single-keys');
    if (keys) keys.checked = kept.get('single-keys') !== 'off';
    if (!CSS.supports('selector(::details-content)') && matchMedia('(width > 60rem)').matches) {
      for (const nav of document.querySelectorAll('details.nav')) nav.open = true;
    }
  };
  // htmx copies the style attribute of what has the same id before and after, which the policy refuses: a
  // textarea somebody made larger has one. And what was said about the act before is old after the next one.
  const tidied = (event) => {
    for (const styled of document.querySelectorAll('main [id][style]')) styled.removeAttribute('style');
    const source = event.detail?.ctx?.sourceElement;
    if (source?.matches?.('a, button, form, input, select')) document.getElementById('shared-flash')?.replaceChildren();
  };

  document.addEventListener('click', clicked);
  document.addEventListener('keydown', pressed);
  document.addEventListener('copy', copied);
  document.addEventListener('formdata', sent);
  document.addEventListener('input', (event) => {
    const dialog = event.target.closest('dialog.palette');
    if (dialog) filterPalette(dialog, event.target.value);
    if (event.target.matches('[data-reads] input')) read(event.target);
    if (event.target.id === 'single-keys') kept.set('single-keys', event.target.checked ? 'on' : 'off');
  });
  document.addEventListener('htmx:before:swap', tidied);
  document.addEventListener('htmx:after:swap', start);
  document.addEventListener('htmx:after:swap', refilter);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
