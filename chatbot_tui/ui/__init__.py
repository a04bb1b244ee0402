"""What a person sees. Imports textual and core, never torch."""
