package io.ropewalk.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

class ChangeHealthTest {
    private static final Instant THEN = Instant.parse("2026-01-02T03:04:05Z");

    @Test
    void changesThatCannotBeStoredAreTold() {
        Health health = new ChangeHealth(() -> Optional.of(THEN)).health();

        assertThat(health.getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.getDetails()).containsEntry("since", THEN).containsKey("message");
    }

    @Test
    void asLongAsChangesAreStoredAllIsWell() {
        assertThat(new ChangeHealth(Optional::empty).health().getStatus()).isEqualTo(Status.UP);
    }
}
