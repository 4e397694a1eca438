package io.ropewalk;

import io.ropewalk.cli.GmultipathCommand;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The service; or, when the first word is {@code gmultipath}, the command that speaks to a running service. */
@SpringBootApplication
public class Ropewalk {
    private static final String COMMAND = "gmultipath";

    /** With TLS 1.2 a client could else ask for handshake after handshake, each dear to us and cheap to it. */
    private static final String NO_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals(COMMAND)) {
            System.exit(GmultipathCommand.main(Arrays.copyOfRange(args, 1, args.length)));
        }
        if (System.getProperty(NO_RENEGOTIATION) == null) {
            System.setProperty(NO_RENEGOTIATION, "true");
        }
        SpringApplication.run(Ropewalk.class, args);
    }
}
