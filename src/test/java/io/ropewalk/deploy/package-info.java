/** Tests of what stands around the service: the Helm chart, alert rules, dashboards, runbooks, the image, the compose file. */
@NullMarked
package io.ropewalk.deploy;

import org.jspecify.annotations.NullMarked;
