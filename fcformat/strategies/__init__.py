from fcformat.strategies.values import from_schema
