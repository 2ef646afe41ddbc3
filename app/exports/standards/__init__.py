"""What leaves in the standards of authorities and hospitals: CDISC's SDTM, ADaM and ODM, and FHIR."""
