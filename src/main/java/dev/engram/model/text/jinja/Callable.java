package dev.engram.model.text.jinja;

/** A function a template may call. */
interface Callable {
    Object call(Run run, Args args);
}
