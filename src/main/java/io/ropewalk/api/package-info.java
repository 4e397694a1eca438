/**
 * REST: resources, what they look like in JSON, and problems.
 *
 * <p>Controllers turn a request into one call of {@link io.ropewalk.inventory.Inventory} and its answer into JSON;
 * whatever is refused becomes a problem as RFC 9457 has it ({@link io.ropewalk.api.ProblemJson}), with a code that is
 * part of the contract ({@link io.ropewalk.api.ProblemCode}). This room imports {@code inventory}, and of {@code engine}
 * and {@code block} only the words that its views are made of. The contract itself is written down in
 * {@code openapi/ropewalk-v1.yaml}, which a test compares with what the controllers say.
 */
@NullMarked
package io.ropewalk.api;

import org.jspecify.annotations.NullMarked;
