/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

// Node 20 loads this file as CommonJS (esbuild-register), Node >= 22.18 as ESM (type stripping):
// use neither __dirname nor import.meta here.
if (![...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').includes('--experimental-vm-modules')) {
  throw new Error('Run the tests with "npm test": they need node --experimental-vm-modules');
}

const swc = (legacy: boolean): [string, Record<string, unknown>] => [
  '@swc/jest',
  {
    swcrc: false,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: legacy
        ? { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true }
        : { decoratorVersion: '2023-11' },
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const config: Config = {
  testEnvironment: `${process.cwd()}/spec/realm-environment.cjs`, // not <rootDir>: Stryker's runner resolves this itself
  roots: ['<rootDir>/lib', '<rootDir>/spec', '<rootDir>/samples'],
  testMatch: ['<rootDir>/{spec,samples}/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^flowpond$': '<rootDir>/lib/index.ts',
    '^flowpond/(.*)$': '<rootDir>/lib/$1/index.ts',
    '^fast-check$': '<rootDir>/spec/fast-check.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '/spec/standard/.+\\.ts$': swc(false), // TC39 decorators; first match wins
    '\\.ts$': swc(true), // experimentalDecorators + emitDecoratorMetadata
  },
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts'],
  testTimeout: 120_000, // against hanging, not for speed: CI machines are busy
  workerIdleMemoryLimit: '700MB',
};

export default config;
