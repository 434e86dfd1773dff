// Bars with their figures: a chart that is its own table, so that it prints, scales and is read aloud.
import { number, t } from './i18n';

export interface Bar {
  label: string;
  value: number | null;
  /** Shares of the value told apart by pattern as well as colour. */
  parts?: [number, number] | null;
  to?: string;
}

/** Largest value rounded up to 1, 2 or 5 times a power of ten: the end of the scale. */
export function scaleEnd(values: ReadonlyArray<number | null>): number {
  const top = Math.max(0, ...values.map((value) => value ?? 0));
  if (top === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(top));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end >= top)!;
}

export function Bars({ title, bars, legend, first, unit }: { title: string; bars: Bar[]; legend?: [string, string]; first: string; unit: string }) {
  const end = scaleEnd(bars.map((bar) => bar.value));
  const parts = legend && bars.some((bar) => bar.parts);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      {parts && (
        <p class="legend" aria-hidden="true">
          <svg viewBox="0 0 12 12" width="12" height="12"><rect class="fill" width="12" height="12" /></svg> {legend[0]}{' '}
          <svg viewBox="0 0 12 12" width="12" height="12"><rect class="fill second" width="12" height="12" /><path class="hatch" d="M0 12 12 0M-3 3 3-3M9 15 15 9" /></svg> {legend[1]}
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <td />
            <th scope="col" class="n">{unit}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => {
            const width = (n: number) => (n / end) * 300;
            return (
              <tr key={bar.label}>
                <th scope="row">{bar.to ? <a href={bar.to}>{bar.label}</a> : bar.label}</th>
                <td class="bar-cell">
                  {bar.value !== null && (
                    <svg viewBox="0 0 300 14" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                      {parts && bar.parts ? (
                        <>
                          <rect class="fill" width={width(bar.parts[0])} height="14" />
                          <rect class="fill second" x={width(bar.parts[0])} width={width(bar.parts[1])} height="14" />
                        </>
                      ) : (
                        <rect class="fill" width={width(bar.value)} height="14" />
                      )}
                    </svg>
                  )}
                </td>
                <td class="n">{bar.value === null ? <span class="sr">{t('no_figure')}</span> : number(bar.value)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
}
