// Moving through the form by keyboard, and pasting a column: what a key means, without the page.
export interface Press {
  key: string;
  shift?: boolean;
  ctrl?: boolean;
  alt?: boolean;
  /** Caret in the field; null where there is none (a list of choices). */
  start: number | null;
  end: number | null;
  length: number;
}
export type Move = 'next' | 'previous' | 'revert' | 'save' | 'problem' | 'remark';

export function meaning(p: Press): Move | null {
  if (p.alt) return p.key.toLowerCase() === 'n' && !p.ctrl ? 'problem' : null;
  if (p.ctrl) return p.key.toLowerCase() === 's' ? 'save' : p.key === 'Enter' ? 'remark' : null;
  const caret = p.start !== null && p.end !== null;
  const all = caret && p.start === 0 && p.end === p.length;
  switch (p.key) {
    case 'Enter':
      return p.shift ? 'previous' : 'next';
    case 'ArrowDown':
      return caret && !p.shift ? 'next' : null;
    case 'ArrowUp':
      return caret && !p.shift ? 'previous' : null;
    case 'ArrowRight':
      return caret && !p.shift && (all || p.start === p.length) ? 'next' : null;
    case 'ArrowLeft':
      return caret && !p.shift && (all || p.end === 0) ? 'previous' : null;
    case 'Escape':
      return 'revert';
    case 'F2':
      return 'remark';
    default:
      return null;
  }
}

/** The figures of a pasted column: the first column of what a spreadsheet gives. Null: one value only. */
export function pastedColumn(clipboard: string): string[] | null {
  const lines = clipboard.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  if (lines.length < 2) return null;
  return lines.map((line) => (line.split('\t')[0] ?? '').trim());
}

/** A figure as people paste it: "1,23,456" and " 12 " are counts; anything else stays for the check. */
export function tidy(text: string): string {
  const trimmed = text.trim();
  return /^\d{1,3}(,\d{2,3})+$/.test(trimmed) ? trimmed.replace(/,/g, '') : trimmed;
}
