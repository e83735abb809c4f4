// Names of post-build variables.
import { fieldsAt } from '../fields.ts';
import { refuse, type Rule } from '../rule.ts';

const validName = /^[_A-Za-z][_A-Za-z0-9]*$/;

export const substitution: Rule = {
  id: 'substitution',
  kinds: ['Kustomization'],
  why: 'A variable with such a name can never be referred to, and fails the build.',
  check: ({ object }) =>
    fieldsAt(object, 'spec.postBuild.substitute')
      .flatMap(({ value }) => Object.keys(value ?? {}))
      .filter((name) => !validName.test(name))
      .map((name) =>
        refuse(
          'spec.postBuild.substitute',
          name,
          "var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
          'use letters, digits and underscores, not beginning with a digit',
        ),
      ),
};
