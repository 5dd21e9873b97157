"""The HomeWizard bridge, from its JSON to the whole service."""
