/**
 * A command for hands that know gmultipath(8): its verbs, options and output, spoken as REST to a running service. It is
 * a client like any other: no other room is known here, and nothing of Spring is started.
 */
@NullMarked
package io.ropewalk.cli;

import org.jspecify.annotations.NullMarked;
