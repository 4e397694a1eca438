package io.ropewalk.label;

import java.util.List;

/** How a change to a label that exists ended. */
public sealed interface LabelChange {

    /**
     * It is on the disk, and was read back.
     *
     * @param through the device it was written through
     * @param remarks what went wrong beside it, and does not change the outcome
     */
    record Done(String through, List<Culprit> remarks) implements LabelChange {
        public Done {
            remarks = List.copyOf(remarks);
        }
    }

    /** No device shows a label to be changed, as far as each could be asked; nothing was written. */
    record Nothing(List<Culprit> findings) implements LabelChange {
        public Nothing {
            findings = List.copyOf(findings);
        }
    }

    /** No device did it; here is what each said. */
    record Failed(List<Culprit> culprits) implements LabelChange {
        public Failed {
            culprits = List.copyOf(culprits);
        }
    }
}
