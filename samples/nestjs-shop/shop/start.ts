import { type INestApplication, type LogLevel, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module.js';
import type { Settings } from './settings.js';

/** Starts a shop on loopback. Default: on a free port, and with a log of what is wrong alone. */
export async function startShop(
  settings: Settings,
  { port = 0, logger = ['warn', 'error'] }: { readonly port?: number; readonly logger?: LogLevel[] } = {},
): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.forRoot(settings), { logger, forceCloseConnections: true });
  furnish(app).enableShutdownHooks();
  await app.listen(port, '127.0.0.1');
  return app;
}

/** What every application of the shop has, that of a test too: validated input, and a description at /docs. */
export function furnish(app: INestApplication): INestApplication {
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  const document = new DocumentBuilder().setTitle('Shop').setVersion('1.0').build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, document));
  return app;
}
