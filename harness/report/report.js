// Opens one case without redrawing the table, also from the keyboard and from a link to it.
(() => {
  const show = (row, open) => {
    row.nextElementSibling.classList.toggle('hidden', !open);
    row.classList.toggle('open', open);
    row.setAttribute('aria-expanded', String(open));
  };
  const isOpen = (row) => !row.nextElementSibling.classList.contains('hidden');
  const rows = () => document.querySelectorAll('#results-table tr.collapsible');
  const go = (id) => {
    const body = document.getElementById(id);
    const row = body && body.querySelector('tr.collapsible');
    if (row) {
      show(row, true);
      body.scrollIntoView();
    }
  };
  document.addEventListener('click', (event) => {
    const row = event.target.closest('tr.collapsible');
    const link = event.target.closest('a[data-case]');
    if (row) {
      event.stopPropagation();
      show(row, !isOpen(row));
    } else if (link) {
      event.preventDefault();
      go(link.dataset.case);
    }
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.target.matches('tr.collapsible') && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      show(event.target, !isOpen(event.target));
    }
  });
  const prepare = () => rows().forEach((row) => {
    row.tabIndex = 0;
    show(row, isOpen(row));
  });
  new MutationObserver(prepare).observe(document.documentElement, { childList: true, subtree: true });
  window.addEventListener('load', () => {
    prepare();
    if (location.hash) {
      go(decodeURIComponent(location.hash.slice(1)));
    }
  });
})();
