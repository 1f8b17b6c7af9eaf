from . import service_authorization_record
