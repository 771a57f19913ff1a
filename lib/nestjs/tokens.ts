import { Inject } from '@nestjs/common';
import { Pond } from '../pond/pond.js';

/** By what a pond is injected: the `Pond` class for the default one, a text for a named one. */
export function getPondToken(name?: string): typeof Pond | string {
  return name === undefined ? Pond : `Pond(${name})`;
}

/** Injects a pond by its name; without one the default pond, which a parameter of type `Pond` gets without it. */
export function InjectPond(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getPondToken(name));
}

/** What a module of a pond says of itself. Registered, so that two builds of the package read each other's modules. */
export const DECLARED_POND = Symbol.for('flowpond.nestjs.declared-pond');

/** The pond that a module has chosen for its providers. */
export const CHOSEN_POND = Symbol.for('flowpond.nestjs.chosen-pond');

/** The value of {@link DECLARED_POND}. */
export interface DeclaredPond {
  readonly name: string | undefined;
  readonly isGlobal: boolean;
  /** By what the module has its options injected. */
  readonly optionsToken: string | symbol;
}

/** How an error names a pond. */
export function pondLabel(name: string | undefined): string {
  return name === undefined ? 'the default pond' : `the pond '${name}'`;
}
