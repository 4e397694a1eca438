package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The reading of PromQL finds what it is for. */
class MetricContractTest {
    private final MetricContract contract = MetricContract.load();

    @Test
    void seriesAreFound_functionsKeywordsAndGroupingsAreNot() {
        assertThat(
                        contract.namesIn(
                                "histogram_quantile(0.99, sum without (op) (rate(multipath_geom_io_seconds_bucket{op=~\"read|write\"}[5m]))) > 0.25"
                                        + " or vector(0) unless up offset 1h and ignoring (state) time() - multipath_geom_paths"))
                .containsExactly("multipath_geom_io_seconds_bucket", "up", "multipath_geom_paths");
    }

    @Test
    void aStrangeMetricLabelOrValueIsNamed() {
        assertThat(contract.strangersIn("sum by (geom) (multipath_geom_pahts)"))
                .contains("metric multipath_geom_pahts");
        assertThat(contract.strangersIn("multipath_geom_io_seconds{geom=\"a\"}"))
                .as("a histogram has no series of its bare name")
                .containsExactly("metric multipath_geom_io_seconds");
        assertThat(contract.strangersIn("multipath_geom_paths{path=\"a\"}"))
                .containsExactly("label path of multipath_geom_paths");
        assertThat(contract.strangersIn("multipath_geom_state{state=\"OPTIMAL\"}"))
                .containsExactly("value OPTIMAL of label state of multipath_geom_state");
        assertThat(contract.strangersIn("sum by (gem) (multipath_geom_paths)")).hasSize(1);
        assertThat(contract.strangersIn(
                        "sum by (geom) (multipath_geom_paths{instance=~\"$instance\", geom=\"$geom\"})"))
                .isEmpty();
    }
}
