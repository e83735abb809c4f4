// Azure's clouds: where logins are, and where resources are managed.
import { readFile } from 'node:fs/promises';
import { errorMessage } from '#lib/errors';
import { IdentityError } from '../errors.ts';
import type { Environment } from '../provider.ts';

export interface AzureCloud {
  /** Where resources are managed, without a slash at its end. */
  readonly managementUrl: string;
  /** Audience of tokens for it. */
  readonly managementAudience: string;
}

const publicCloud: AzureCloud = {
  managementUrl: 'https://management.azure.com',
  managementAudience: 'https://management.core.windows.net/',
};
const chinaCloud: AzureCloud = {
  managementUrl: 'https://management.chinacloudapi.cn',
  managementAudience: 'https://management.core.chinacloudapi.cn',
};
const governmentCloud: AzureCloud = {
  managementUrl: 'https://management.usgovcloudapi.net',
  managementAudience: 'https://management.core.usgovcloudapi.net',
};

/** Where logins are, without a slash at its end. */
export function authorityOf(env: Environment): string {
  const authority = env['AZURE_AUTHORITY_HOST'] || 'https://login.microsoftonline.com/';
  if (URL.canParse(authority) && new URL(authority).protocol === 'https:') return authority.replace(/\/+$/, '');
  throw new IdentityError('IDENTITY_CONFIG', 'AZURE_AUTHORITY_HOST must be an https URL');
}

/** The file that `AZURE_ENVIRONMENT_FILEPATH` names, else the cloud whose logins are used. */
export async function cloudOf(env: Environment): Promise<AzureCloud> {
  const file = env['AZURE_ENVIRONMENT_FILEPATH'];
  if (file !== undefined) return customCloud(file);
  const authority = env['AZURE_AUTHORITY_HOST'] ?? '';
  if (authority.includes('chinacloudapi.cn')) return chinaCloud;
  return authority.includes('microsoftonline.us') ? governmentCloud : publicCloud;
}

async function customCloud(file: string): Promise<AzureCloud> {
  let found: { resourceManagerEndpoint?: string; tokenAudience?: string };
  try {
    found = JSON.parse(await readFile(file, 'utf8')) as typeof found;
  } catch (error) {
    const message = `cannot read the Azure environment file ${file}: ${errorMessage(error)}`;
    throw new IdentityError('IDENTITY_CONFIG', message, { cause: error });
  }
  const { resourceManagerEndpoint, tokenAudience } = found;
  if (!resourceManagerEndpoint || !tokenAudience) {
    const message = 'resourceManagerEndpoint and tokenAudience must be set in the environment file';
    throw new IdentityError('IDENTITY_CONFIG', message);
  }
  return { managementUrl: resourceManagerEndpoint.replace(/\/+$/, ''), managementAudience: tokenAudience };
}
