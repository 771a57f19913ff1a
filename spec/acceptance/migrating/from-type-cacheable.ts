import { Invalidates, Task } from '../../../lib/index.js';

interface User {
  readonly id: string;
  readonly name: string;
}

export class Users {
  readonly rows = new Map<string, User>();
  reads = 0;

  @Task({ cacheKeyFn: (_, { id }: { id: string }) => id, cacheExpiration: '1d', tags: ['users'] })
  async find(id: string): Promise<User | null> {
    this.reads++;
    return this.rows.get(id) ?? null;
  }

  @Invalidates({ tags: ['users'] })
  async save(user: User): Promise<void> {
    this.rows.set(user.id, user);
  }
}
