import { Injectable, Module } from '@nestjs/common';
import { Flow, memoryStore, type Pond, Task, taskInputHash } from 'flowpond';
import { FlowpondModule, InjectPond } from 'flowpond/nestjs';

@Injectable()
export class Reports {
  constructor(@InjectPond('reports') readonly pond: Pond) {}

  @Flow()
  async nightly(): Promise<number> {
    return this.count('orders');
  }

  @Task({ cacheKeyFn: taskInputHash })
  async count(table: string): Promise<number> {
    return table.length;
  }
}

@Module({ imports: [FlowpondModule.forFeature({ pond: 'reports' })], providers: [Reports] })
export class ReportsModule {}

@Module({
  imports: [
    FlowpondModule.forRoot(),
    FlowpondModule.forRoot({ name: 'reports', store: memoryStore({ maxEntries: 100 }), namespace: 'reports' }),
    ReportsModule,
  ],
})
export class AppModule {}
