import { spawn } from 'node:child_process';
import { expect, it } from '@jest/globals';

it('a SIGTERM waits for submitted runs and closes the stores', async () => {
  const flags = ['--disable-warning=DEP0205', '--import', '@swc-node/register/esm-register'];
  const child = spawn(process.execPath, [...flags, 'spec/nestjs/shutdown-child.ts'], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 100_000, // against hanging: most of it goes to compiling
    killSignal: 'SIGKILL',
  });
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    printed += text;
    if (text.includes('ready')) child.kill('SIGTERM');
  });
  await new Promise((resolve) => child.on('close', resolve));
  expect(printed.trim().split('\n')).toEqual(['ready', 'quoted', 'store closed']);
}, 120_000);
