package io.ropewalk;

import io.ropewalk.cli.GmultipathCommand;
import java.util.Arrays;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The service; or, when the first word is {@code gmultipath}, the command that speaks to a running service. */
@SpringBootApplication
public class Ropewalk {
    private static final String COMMAND = "gmultipath";

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals(COMMAND)) {
            System.exit(GmultipathCommand.main(Arrays.copyOfRange(args, 1, args.length)));
        }
        SpringApplication.run(Ropewalk.class, args);
    }
}
