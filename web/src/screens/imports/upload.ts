// Sending a file, and keeping it as long as the page lives: its questions are answered, and what was only
// checked is stored, by sending the same file again.
import { address, ApiError, session } from '../../api';
import type { ImportJob } from '../../types';

export interface Upload {
  file: File;
  format: string;
  period: string;
  dry_run: boolean;
  atomic: boolean;
  create_facilities: boolean;
  erase: boolean;
  /** By the key of the question. */
  answers: Record<string, string>;
}

const kept = new Map<number, Upload>();

/** The file of a job, when it was sent from this page since it was opened. */
export const sent = (job: number): Upload | undefined => kept.get(job);

/** All or nothing, and it was nothing. */
export const nothingStored = (job: ImportJob) => job.status === 'done' && !!job.message;

/** What was only checked would put something there. A file that failed, one that holds nothing new, and one
 *  of which all or nothing is wanted and something is not good, would not. */
export function wouldStore(job: ImportJob): boolean {
  if (job.status !== 'done' || nothingStored(job)) return false;
  if (job.atomic && (job.refusals || job.figures_asked)) return false;
  const { figures_stored, figures_emptied, reports_new, reports_changed, facilities_created, facilities_changed, facilities_moved } = job;
  return [figures_stored, figures_emptied, reports_new, reports_changed, facilities_created, facilities_changed, facilities_moved].some((n) => n > 0);
}

export function answersText(answers: Record<string, string>): string | undefined {
  const lines = Object.entries(answers).map(([key, reading]) => `${key}=${reading}`);
  return lines.length ? lines.join(';') : undefined;
}

/** "item:10.1=10.10", one a line, as the job tells them. */
export function readAnswers(text: string | null | undefined): Record<string, string> {
  const answers: Record<string, string> = {};
  for (const line of (text ?? '').split('\n')) {
    const at = line.lastIndexOf('=');
    if (at > 0) answers[line.slice(0, at)] = line.slice(at + 1);
  }
  return answers;
}

function failure(request: XMLHttpRequest): ApiError {
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(request.responseText) as Record<string, unknown>;
  } catch {
    // answered by something in between; the status says enough
  }
  return new ApiError(request.status, String(body.code ?? ''), String(body.detail ?? ''), [], 0, String(body.request_id ?? ''));
}

/** XMLHttpRequest, because fetch tells nothing of how far an upload has come. */
export function upload(what: Upload, onProgress: (share: number) => void): Promise<number> {
  const query = {
    format: what.format,
    month: what.format === 'extract' ? what.period : undefined,
    file_name: what.file.name,
    dry_run: what.dry_run || undefined,
    atomic: what.atomic || undefined,
    create_facilities: what.create_facilities || undefined,
    empty: what.erase ? 'erase' : undefined,
    answers: answersText(what.answers),
  };
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', address('/imports', query));
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('X-CSRF-Token', session.value!.csrf_token);
    const person = (session.value as { account_id?: number }).account_id;
    if (person) request.setRequestHeader('HMIS-Person', String(person));
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new ApiError(0, 'network', ''));
    request.onload = () => {
      if (request.status >= 300) return reject(failure(request));
      const { job } = JSON.parse(request.responseText) as { job: number };
      kept.set(job, what);
      resolve(job);
    };
    request.send(what.file);
  });
}
