import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { saveReportNode } from '../../../nodes/util/save-report.ts';
import type { Report } from '../../../nodes/values.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();

describe('Save Report', () => {
  it('writes title, facts and lines as JSON, equal findings as equal bytes', async () => {
    const report: Report = { title: 'Found', facts: { change: 0.25, streams: 3, ok: true }, lines: ['one', 'two'] };
    const outputFolder = await temporaryFolder();
    const { artifacts } = await bench.run(saveReportNode, { report }, { name: 'sub/shares' }, { outputFolder });
    expect(artifacts).toMatchObject([{ kind: 'report', path: `${outputFolder}/sub/shares.json` }]);
    expect(JSON.parse(await readFile(artifacts[0]!.path, 'utf8'))).toEqual(report);
    const again = await bench.run(saveReportNode, { report: structuredClone(report) }, { name: 'again' }, { outputFolder });
    expect(again.artifacts[0]!.sha256).toBe(artifacts[0]!.sha256);
  });
});
