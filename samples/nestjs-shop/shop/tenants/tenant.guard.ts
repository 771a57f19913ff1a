import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { TenantService } from './tenant.service.js';

interface Asked {
  readonly headers: Readonly<Record<string, string | undefined>>;
  tenant?: string;
}

/** Lets in whom the shop knows. A real one verifies a token: whose price it is must not rest on what anybody can say. */
@Injectable()
export class TenantGuard implements CanActivate {
  constructor(private readonly tenants: TenantService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Asked>();
    const tenant = await this.tenants.find(request.headers['x-tenant'] ?? '');
    if (tenant === undefined) throw new UnauthorizedException('Say who asks: x-tenant: acme, or globex.');
    request.tenant = tenant.name;
    return true;
  }
}

/** What every task inside a request may vary by: the tenant that the guard has let in. */
export function valuesOf(context: ExecutionContext): { readonly tenant: string | undefined } {
  return { tenant: context.switchToHttp().getRequest<Asked>().tenant };
}
