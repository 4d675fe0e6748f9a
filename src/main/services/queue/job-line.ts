import type { Job } from './queue-entries.ts';

/** Order of waiting jobs: priority, then place, then name, so that it is the same on every machine. */
function compare(a: Job, b: Job): number {
  return b.priority - a.priority || a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Jobs in the order in which they start. Taking the first, putting it back and adding a last one cost nothing, whatever the length. */
export class JobLine {
  private jobs: (Job | undefined)[] = [];
  /** Where the first job is; before it there is room for jobs that come back. */
  private head = 0;

  first(): Job | undefined {
    return this.jobs[this.head];
  }

  /** A copy, in order. */
  list(): Job[] {
    return this.jobs.slice(this.head) as Job[];
  }

  add(job: Job): void {
    const index = this.find(job);
    if (index === this.head && this.head > 0) {
      this.head -= 1;
      this.jobs[this.head] = job;
    } else {
      this.jobs.splice(index, 0, job);
    }
  }

  /** Takes out a job that is in the line, with the priority and rank that it was added with. */
  remove(job: Job): void {
    const index = this.find(job);
    if (index === this.head) {
      this.jobs[this.head] = undefined;
      this.head += 1;
    } else {
      this.jobs.splice(index, 1);
    }
    if (this.head > 1024 && this.head * 2 > this.jobs.length) {
      this.jobs = this.jobs.slice(this.head);
      this.head = 0;
    }
  }

  /** Where a job is, or belongs. */
  private find(job: Job): number {
    let [low, high] = [this.head, this.jobs.length];
    // At the end is where most are added.
    if (high > low && compare(this.jobs[high - 1] as Job, job) < 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.jobs[middle] as Job, job) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
