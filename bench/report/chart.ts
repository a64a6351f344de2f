import { CONTENDER_NAMES } from '../contenders.js';
import { COMPARED_CONNECTIONS } from '../options.js';
import { compared, type Results } from './results.js';
import { labelOf, whole } from './tables.js';

const WIDTH = 760;
const LABEL_WIDTH = 250;
const LONGEST_BAR = 340;
const ROW_HEIGHT = 34;
const BAR_HEIGHT = 20;
const TOP = 62;
const BOTTOM = 34;

const NOT_SHOWN = ['socket'];
/** The plain service itself, and what does not do its work. */
const WITHOUT_PLAIN = ['plain', 'pipeline', 'bare'];
const OURS = ['ours', 'everything', 'pipeline', 'filled'];

const STYLE = `
    text { font: 13px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .quiet { fill: #59636e; }
    .bar { fill: #8c959f; }
    .ours { fill: #0969da; }
    .axis { stroke: #d1d9e0; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .bar { fill: #656c76; }
      .ours { fill: #4493f8; }
      .axis { stroke: #3d444d; }
    }`;

/** Bars of callbacks a second, readable on a light page and on a dark one. */
export function chart(results: Results): string {
  const bars = [...CONTENDER_NAMES, 'filled'].flatMap((subject) => {
    const measurement = NOT_SHOWN.includes(subject) ? null : compared(results, subject);
    return measurement === null ? [] : [{ subject, perSecond: measurement.perSecond }];
  });
  bars.sort((one, other) => one.perSecond - other.perSecond);
  const most = Math.max(...bars.map(({ perSecond }) => perSecond));
  const plain = compared(results, 'plain');
  const rows = bars.map(({ subject, perSecond }, index) => {
    const times =
      plain === null || WITHOUT_PLAIN.includes(subject) ? '' : `${(perSecond / plain.perSecond).toFixed(1)} × plain`;
    return row({
      y: TOP + index * ROW_HEIGHT,
      label: labelOf(subject, results.stored),
      length: (perSecond / most) * LONGEST_BAR,
      figure: whole(perSecond),
      times,
      isOurs: OURS.includes(subject),
    });
  });
  const height = TOP + bars.length * ROW_HEIGHT + BOTTOM;
  const title = `Callbacks per second at ${COMPARED_CONNECTIONS} connections`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}">
  <style>${STYLE}
  </style>
  <text class="title" x="16" y="28">${title}</text>
  <text class="quiet" x="16" y="47">every one stored on disk (fsync) before it is answered, where there is a database</text>
  <line class="axis" x1="${LABEL_WIDTH + 8}" y1="${TOP}" x2="${LABEL_WIDTH + 8}" y2="${height - BOTTOM}" />
${rows.join('\n')}
  <text class="quiet" x="16" y="${height - 12}">server, load generator and PostgreSQL on the same processors; longer is better</text>
</svg>
`;
}

function row(bar: {
  y: number;
  label: string;
  length: number;
  figure: string;
  times: string;
  isOurs: boolean;
}): string {
  const { y, label, length, figure, times, isOurs } = bar;
  const start = LABEL_WIDTH + 8;
  const baseline = y + ROW_HEIGHT / 2 + 5;
  const kind = isOurs ? 'bar ours' : 'bar';
  return `  <text x="${LABEL_WIDTH}" y="${baseline}" text-anchor="end">${label}</text>
  <rect class="${kind}" x="${start}" y="${y + (ROW_HEIGHT - BAR_HEIGHT) / 2}" width="${Math.max(1, length).toFixed(1)}" height="${BAR_HEIGHT}" rx="2" />
  <text x="${(start + length + 8).toFixed(1)}" y="${baseline}">${figure}<tspan class="quiet" dx="10">${times}</tspan></text>`;
}
