import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Task, taskInputHash } from 'flowpond';

@Injectable({ scope: Scope.REQUEST })
export class Basket {
  readonly user: string;

  constructor(@Inject(REQUEST) request: { readonly headers: Readonly<Record<string, string>> }) {
    this.user = request.headers['x-user'] ?? 'nobody';
  }

  @Task({ cacheKeyFn: taskInputHash, instanceKey: (basket: Basket) => basket.user })
  async total(currency: string): Promise<string> {
    return `${this.user} ${currency}`;
  }
}
