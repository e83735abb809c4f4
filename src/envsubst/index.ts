// Flux's post-build substitution: `${name}` and the bash forms it supports, over any text.
export { SubstitutionError } from './errors.ts';
export { substitute, type SubstituteOptions, type Variables } from './substitute.ts';
export { mergeVariables } from './variables.ts';
