package dev.engram.report;

import java.util.Locale;

/** How much an experiment does. The code is the same; sizes differ, and so does the folder of the results. */
public enum Profile {
    /** Minutes on two cores: few arms, small samples. */
    QUICK,
    /** As large as the claim needs; may take hours. */
    FULL;

    /** Name of the environment variable that chooses the profile. */
    public static final String VARIABLE = "ENGRAM_PROFILE";

    /** The profile that the environment names; {@link #QUICK} if it names none. */
    public static Profile fromEnvironment() {
        String name = System.getenv(VARIABLE);
        return name == null || name.isBlank() ? QUICK : of(name);
    }

    /** The profile called {@code quick} or {@code full}. */
    public static Profile of(String name) {
        for (Profile profile : values()) {
            if (profile.key().equals(name)) {
                return profile;
            }
        }
        throw new IllegalArgumentException(
                "The profile '" + name + "' is unknown; set " + VARIABLE + " to quick or full, or leave it unset.");
    }

    /** The name as it stands in paths and files. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The first value in a quick run, the second in a full one. */
    public <T> T pick(T quick, T full) {
        return this == QUICK ? quick : full;
    }
}
