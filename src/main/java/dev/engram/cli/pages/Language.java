package dev.engram.cli.pages;

import java.nio.file.Path;

/** The language of a page, by its name: README.zh.md is Chinese. */
enum Language {
    ENGLISH,
    CHINESE;

    static Language of(Path page) {
        return page.getFileName().toString().endsWith(".zh.md") ? CHINESE : ENGLISH;
    }

    String pick(String english, String chinese) {
        return this == ENGLISH ? english : chinese;
    }
}
